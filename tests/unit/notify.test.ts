import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import { readYaml } from '../../run/base/yaml.ts'
import type { Alert } from '../../run/execute/feed-state.ts'
import type { Node } from '../../run/manifest/node.ts'
import { empty, type NodeResult } from '../../run/manifest/result.ts'
import { causesOf, withoutValues } from '../../run/notify/causes.ts'
import { messageOf } from '../../run/notify/message.ts'
import { readSettings } from '../../run/project/settings.ts'

const result = (id: string, dependsOn: string[], more: Partial<NodeResult> = {}): NodeResult => {
  const [resourceType, , name] = id.split('.')
  return { ...empty({ uniqueId: id, resourceType, name, dependsOn, place: { file: `${name}.sql` } } as Node), ...more }
}
const refused: Alert = {
  name: 'RefusedEntity',
  about: { batch: 'sync-day3', entity: 'agents' },
  message: 'All agents of sync-day3 were refused: sync-day3/agents/1.json is no JSON near "ana@acme.example.test"',
  hint: 'Bring agents of sync-day3 again.',
}
const incomplete: Alert = { ...refused, name: 'IncompleteSnapshot', message: 'The agents of sync-day3 are incomplete' }

describe('causes', () => {
  it('are one for a page that was refused, with all that failed below it', () => {
    const results = [
      result('model.d.base_agents', ['source.d.raw.agents']),
      result('model.d.agents', ['model.d.base_agents'], { status: 'error', error: new Error('x') }),
      ...Array.from({ length: 40 }, (_, at) =>
        result(`model.d.mart${at}`, ['model.d.agents'], { status: 'skipped', because: 'model.d.agents' }),
      ),
      result('test.d.no_agents_lost', ['model.d.base_agents'], { status: 'fail', failures: 3 }),
    ]
    const [cause, ...others] = causesOf({ results, alerts: [refused, incomplete] }, [], 1)
    expect(others).toEqual([])
    expect(cause).toMatchObject({ name: 'RefusedEntity', text: 'All agents of sync-day3 were refused' })
    expect(cause?.below).toHaveLength(42)
  })

  it('are one for a node and what was made from it, and another for what has nothing to do with it', () => {
    const results = [
      result('model.d.agents', [], { status: 'error', error: Object.assign(new Error('duplicate key (ana)'), { code: '23505' }) }),
      result('test.d.unique_agents', ['model.d.agents'], { status: 'skipped', because: 'model.d.agents' }),
      result('model.d.cards', [], {}),
      result('test.d.no_cards', ['model.d.cards'], { status: 'fail', failures: 2 }),
    ]
    expect(causesOf({ results }, [results[0]!.error], 1)).toEqual([
      { name: 'NodeFailed', text: 'model agents failed (23505) (agents.sql)', next: expect.any(String), below: ['unique_agents'] },
      { name: 'NodeFailed', text: 'test no_cards found 2 failures (no_cards.sql)', next: expect.any(String), below: [] },
    ])
  })

  it('are what a command said as an error, and never nothing where it failed', () => {
    expect(causesOf({}, [new ProjectError('Cannot connect to db:5432', { hint: 'Start it.' })], 2)).toEqual([
      { name: 'Error', text: 'Cannot connect to db:5432', next: 'Start it.', below: [] },
    ])
    expect(causesOf({}, [], 1)).toHaveLength(1)
    expect(causesOf({}, [], 0)).toEqual([])
  })

  it('hold no values: what is quoted stays only where it is a name', () => {
    expect(withoutValues(`invalid input "Ana Novak" for 'core.agents' of ana.novak@acme.example.test`)).toBe(
      `invalid input "…" for 'core.agents' of …`,
    )
    expect(withoutValues('Key (email)=(ana@acme.example.test) already exists')).toBe('Key (…) already exists')
    const all = JSON.stringify(causesOf({ alerts: [refused] }, [Object.assign(new Error('Key (name)=(Ana)'), { code: '23505' })], 1))
    expect(all).not.toMatch(/ana/i)
  })
})

describe('a message', () => {
  const about = { project: 'deskledger', command: 'build', exitCode: 1, outcome: { runId: 'r', through: '2026-01-07' } }

  it('is a text for people and fields for programs', () => {
    const causes = causesOf({ alerts: [refused] }, [], 1)
    expect(messageOf(about, causes, new Date(0))).toEqual({
      text: 'deskledger: build failed with exit code 1. Data through 2026-01-07.\n• All agents of sync-day3 were refused\n   → Bring agents of sync-day3 again.',
      event: 'needs_person',
      project: 'deskledger',
      command: 'build',
      exit_code: 1,
      run_id: 'r',
      data_through: '2026-01-07',
      causes,
      sent_at: '1970-01-01T00:00:00.000Z',
    })
    expect(messageOf(about, []).text).toBe('deskledger: build has recovered. Data through 2026-01-07.')
  })

  it('calls nobody by name, whatever a folder of the feed is called', () => {
    const causes = causesOf({ alerts: [{ ...refused, about: { batch: '<!channel>', entity: 'agents' } }] }, [], 0)
    expect(messageOf(about, causes).text).toContain('All agents of ‹!channel› were refused')
  })

  it('has ten causes at most in its text', () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ name: 'Error', text: `e${at}`, next: 'n', below: [] }))
    expect(messageOf(about, many).text).toMatch(/and 20 more causes$/)
  })
})

describe('notify: in dbt_project.yml', () => {
  const read = (text: string) => {
    const errors: ProjectError[] = []
    const settings = readSettings(readYaml(`name: shop\n${text}`, 'dbt_project.yml', errors), errors)
    return { notify: settings?.notify, errors: errors.map(({ message, place }) => `${place?.line}: ${message}`) }
  }

  it('is an address or a command', () => {
    expect(read('notify: {url: "https://hooks.example.test/x"}').notify).toEqual({ url: 'https://hooks.example.test/x' })
    expect(read('notify: {command: "cat > told"}').notify).toEqual({ command: 'cat > told' })
    expect(read('').notify).toBeUndefined()
  })

  it('is refused with its line where it is both, another key, or Jinja', () => {
    expect(read('notify:\n  url: a\n  command: b').errors[0]).toMatch(/^3: .*both url and command/)
    expect(read('notify:\n  adress: a').errors[0]).toMatch(/^3: .*adress/)
    expect(read('notify:\n  url: "{{ env_var(\'X\') }}"').errors[0]).toMatch(/^3: notify.url cannot contain Jinja/)
  })
})
