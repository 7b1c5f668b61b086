import { describe, expect, it } from 'vitest'
import { agent, feedOf, only, pick, role, texts, warehouse } from '../pipeline/rules/by-hand.ts'
import { sha256Of } from '../pipeline/rules/bytes.ts'
import { feedSeeds } from '../pipeline/rules/feeds.ts'
import { expectedWarehouse } from '../pipeline/rules/warehouse.ts'

const both = [agent({ id: 1 }), agent({ id: 2 })]
const day1 = { 'sync-day1/agents/1.json': both }
const first = JSON.stringify(agent({ id: 1 }))

/** Whether the second day, which has these files and only agent 1, takes part in absence: then agent 2 is inactive. */
function takesPart(files: Record<string, unknown>): boolean {
  const dated = Object.fromEntries(Object.entries(files).map(([name, content]) => [`sync-day2/${name}`, content]))
  const found = warehouse({ ...day1, ...dated })
  const isReported = texts(found, 'agent').includes('warning incomplete_snapshot ')
  const isAbsent = pick(found, 'core.agents', 'agent_id', 'is_active').some(([id, active]) => id === '2' && active === 'false')
  expect(isReported).toBe(!isAbsent)
  return isAbsent
}

describe('taking part in absence (R5)', () => {
  it.each([
    ['a list', { 'agents/1.json': `[${first}]` }, true],
    ['one file instead of a folder', { 'agents.json': `[${first}]` }, true],
    ['an empty last page', { 'agents/1.json': `[${first}]`, 'agents/2.json': [] }, true],
    ['messages alone in a file', { 'agents/1.json': `[${first}]`, 'agents/2.jsonl': '{"type":"STATE","value":{}}\n' }, true],
    ['a record that jsonb refuses', { 'agents/1.json': `[${first},{"id":1,"type":"\\u0000"}]` }, true],
    ['a quarantined record', { 'agents/1.json': `[${first},{"id":null,"type":"x"}]` }, true],

    ['an empty list', { 'agents/1.json': [] }, false],
    ['a refused file', { 'agents/1.json': `[${first}]`, 'agents/2.json': '[{' }, false],
    ['a blank file', { 'agents/1.json': `[${first}]`, 'agents/2.json': ' \n' }, false],
    ['quarantined records only', { 'agents/1.json': '[{"id":1,"contact":null}]' }, false],
    ['an error body among records', { 'agents/1.json': `[${first},{"error":"x"}]` }, false],
    ['a key and nothing known beside it', { 'agents/1.json': `[${first},{"id":2,"x":1}]` }, false],
    ['a broken line', { 'agents/1.jsonl': `${first}\n{"id":2,\n${first}\n` }, false],
    ['a file without a readable key', { 'agents/1.json': `[${first}]`, 'agents/2.json': [{ id: -1, type: 'x' }] }, false],
    ['another stream', { 'agents/1.jsonl': `${first}\n{"stream":"groups","data":${first}}\n` }, false],
    ['a failed sync', { 'agents/1.jsonl': `${first}\n{"type":"TRACE","trace":{"type":"ERROR"}}\n` }, false],
    ['another trace', { 'agents/1.jsonl': `${first}\n{"type":"TRACE","trace":{"type":"ESTIMATE"}}\n` }, true],
  ])('with %s', (_, files, expected) => {
    expect(takesPart(files)).toBe(expected)
  })

  it.each([
    ['{"results":[R],"error":"x"}', false],
    ['{"results":[R],"errors":[{}]}', false],
    ['{"data":{"agents":[R]},"errors":{"a":1}}', false],
    ['{"data":{"agents":[R],"error":true}}', false],
    ['{"results":[R],"error":null,"errors":[]}', true],
    ['{"results":[R],"error":false,"errors":{}}', true],
    ['{"results":[R],"error":" ","errors":0}', true],
    ['{"results":[R],"nextPage":"x"}', false],
    ['{"data":{"agents":[R],"nextPage":2}}', false],
    ['{"data":{"agents":[R]},"nextPage":{"a":1}}', false],
    ['{"results":[R],"nextPage":""}', true],
    ['{"results":[R],"nextPage":0,"prevPage":"x"}', true],
  ])('with an envelope %s', (envelope, expected) => {
    expect(takesPart({ 'agents/1.json': envelope.replace('R', first) })).toBe(expected)
  })

  it('looks at nextPage of the last file in natural order only', () => {
    const page = (nextPage: string | null) => ({ results: [agent()], nextPage })
    expect(takesPart({ 'agents/2.json': page('x'), 'agents/10.json': page(null) })).toBe(true)
    expect(takesPart({ 'agents/2.json': page(null), 'agents/10.json': page('x') })).toBe(false)
    expect(takesPart({ 'agents/2.json': page('x'), 'agents/10.json': [agent()] })).toBe(true)
  })

  it('goes by the marker of an extraction where it names the entity', () => {
    const path = 'agents/1.json'
    const content = `{"results":[${first}],"nextPage":"x"}`
    const [batch] = feedOf({ [`sync-day2/${path}`]: content })
    const sha256 = batch?.files.map(sha256Of)[0]
    const marked = (agents: unknown, more: Record<string, unknown> = {}) =>
      takesPart({ [path]: content, _COMPLETE: { format: 1, entities: { agents } }, ...more })
    expect(takesPart({ [path]: content })).toBe(false)
    expect(marked({ complete: true, files: [{ path, sha256 }] })).toBe(true)
    expect(marked({ complete: false, files: [{ path, sha256 }] })).toBe(false)
    expect(marked({ complete: true, files: [{ path, sha256: sha256?.replace(/./g, '0') }] })).toBe(false)
    expect(
      marked({
        complete: true,
        files: [
          { path, sha256 },
          { path: 'agents/2.json', sha256 },
        ],
      }),
    ).toBe(false)
    // The other signs still count.
    expect(marked({ complete: true, files: [{ path, sha256 }] }, { 'agents/2.json': '' })).toBe(false)
  })

  it('goes by the other signs where the marker does not name the entity, and by none where it cannot be read', () => {
    const files = { 'agents/1.json': `[${first}]` }
    expect(takesPart({ ...files, _COMPLETE: { format: 1, entities: {} } })).toBe(true)
    for (const unreadable of ['', '{', '[]', '{"entities":7}', '{"entities":{"agents":true}}'])
      expect(takesPart({ ...files, _COMPLETE: unreadable }), unreadable).toBe(false)
  })

  it('compares agents and groups with the last one that takes part, unless it was accepted', () => {
    const many = (...ids: number[]) => ids.map(id => agent({ id }))
    const files = { 'sync-day1/agents/1.json': many(1, 2, 3, 4), 'sync-day2/agents/1.json': many(1), 'sync-day3/agents/1.json': many(1, 2) }
    const days = (found: ReturnType<typeof warehouse>) => [
      ...new Set(pick(found, 'core.agent_status_history', 'sync_date', 'agent_id').map(([date]) => date)),
    ]
    expect(days(warehouse(files))).toEqual(['2026-01-05', '2026-01-07'])
    expect(days(warehouse(files, {}, feedSeeds, { min_snapshot_ratio: '0.6' }))).toEqual(['2026-01-05'])
    const accepted = expectedWarehouse(feedOf(files), feedSeeds, {}, [{ entity: 'agents', batch: 'sync-day2' }])
    expect(days(accepted)).toEqual(['2026-01-05', '2026-01-06', '2026-01-07'])
  })

  it('is reported of dated batches that have the folder, with neither key nor file', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [],
      'sync-day1/admin_groups/1.json': '',
      'tran/agents/1.json': [agent()],
      'zz/agents/1.json': [],
      'sync-day2/agent_details/1.json': agent(),
    })
    expect(found['errors.agent_pipeline_errors']).toEqual([
      {
        agent_id: null,
        severity: 'warning',
        error_type: 'incomplete_snapshot',
        field: null,
        raw_record: null,
        raw_text: null,
        source: 'sync-day1',
        file: null,
        position: null,
      },
    ])
    // An entity that never had a record is not reported.
    expect(found['errors.group_pipeline_errors']).toEqual([])
  })

  it('without any batch that takes part nobody is absent', () => {
    const found = warehouse({ 'sync-day1/agents/1.json': '<html>', 'tran/agents/1.json': [agent()] })
    expect(only(found, 'core.agents').is_active).toBe('true')
    expect(warehouse({ ...day1, 'sync-day2/roles/1.json': [role()] })['core.agents']?.every(row => row.is_active === 'true')).toBe(true)
  })
})

describe('being listed (R5)', () => {
  it('is what a quarantined record is too, also one that jsonb refuses, but not broken JSON', () => {
    const files = { 'sync-day1/agents/1.json': [agent({ id: 1 }), agent({ id: 2 }), agent({ id: 3 })] }
    const day2 = `[${JSON.stringify(agent({ id: 4 }))},{"id":1,"contact":null},{"id":2,"type":"\\u0000"},{"id":3,"type":NaN}]`
    expect(pick(warehouse({ ...files, 'sync-day2/agents/1.json': day2 }), 'core.agents', 'agent_id', 'is_active', 'last_seen_on')).toEqual([
      ['1', 'true', '2026-01-06'],
      ['2', 'true', '2026-01-06'],
      ['3', 'false', '2026-01-05'],
      ['4', 'true', '2026-01-06'],
    ])
  })

  it('is nothing that a foreign record is', () => {
    const found = warehouse({ ...day1, 'sync-day2/agents/1.json': [agent({ id: 1 }), { id: 2, x: 1 }] })
    expect(pick(found, 'core.agents', 'agent_id', 'last_seen_on')).toEqual([
      ['1', '2026-01-06'],
      ['2', '2026-01-05'],
    ])
    expect(pick(found, 'errors.agent_pipeline_errors', 'error_type', 'agent_id')).toContainEqual(['missing_value', '2'])
  })
})
