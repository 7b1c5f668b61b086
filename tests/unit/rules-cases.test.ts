import { describe, expect, it } from 'vitest'
import { asksForDate, datedBatch } from '../pipeline/rules/batches.ts'
import { errorTypes, type Found, person, pick, warehouse } from '../pipeline/rules/by-hand.ts'
import { feedSeeds } from '../pipeline/rules/feeds.ts'

/** Small feeds that once gave wrong results, with the right ones. */
describe('a page that was lost', () => {
  const people = [
    'Ana Novak',
    'Bo Lind',
    'Cleo Marsh',
    'Dev Rao',
    'Eli Stone',
    'Fay Quinn',
    'Gus Hale',
    'Hana Kim',
    'Ivo Brandt',
    'Jo Peters',
  ]
  const all = people.map((name, index) => person(index + 1, name))
  const [six, four] = [all.slice(0, 6), all.slice(6)]
  const days: Record<string, unknown>[] = [
    { 'sync-2026-01-05/agents/1.json': six, 'sync-2026-01-05/agents/2.json': four },
    { 'sync-2026-01-06/agents/1.json': six, 'sync-2026-01-06/agents/2.json': { require_login: true } },
    { 'sync-2026-01-07/agents/1.json': six, 'sync-2026-01-07/agents/2.json': [...four.slice(0, 3), { error: 'upstream timeout' }] },
    { 'sync-2026-01-08/agents/1.json': { items: six }, 'sync-2026-01-08/agents/2.json': { data: { agents: four } } },
  ]
  const upTo = (day: number) => warehouse(Object.assign({}, ...days.slice(0, day)))
  const active = (found: Found) => pick(found, 'core.agents', 'is_active').filter(([is]) => is === 'true').length

  it('makes nobody inactive', () => {
    expect([1, 2, 3, 4].map(day => active(upTo(day)))).toEqual([10, 10, 10, 10])
    expect(errorTypes(upTo(2), 'agent')).toEqual(['incomplete_snapshot', 'refused_file'])
    expect(pick(upTo(3), 'errors.agent_pipeline_errors', 'error_type', 'source', 'field')).toEqual([
      ['incomplete_snapshot', 'sync-2026-01-06', null],
      ['incomplete_snapshot', 'sync-2026-01-07', null],
      ['missing_key', 'sync-2026-01-07', 'id'],
      ['missing_value', 'sync-2026-01-07', 'contact'],
      ['refused_file', 'sync-2026-01-06', null],
    ])
    expect(upTo(4)['errors.agent_pipeline_errors']).toHaveLength(5)
    expect(new Set(pick(upTo(4), 'core.agent_status_history', 'sync_date').flat())).toEqual(new Set(['2026-01-05', '2026-01-08']))
  })
})

describe('names of batches', () => {
  it.each([
    ['20260105', '2026-01-05', false],
    ['20260106T060000Z', '2026-01-06', false],
    ['export_2026_01_07', '2026-01-07', false],
    ['week1', null, true],
  ])('%s is of %s', (name, date, isTold) => {
    const batch = datedBatch(name, feedSeeds, {})
    expect(batch.date).toBe(date)
    expect(asksForDate(batch, feedSeeds)).toBe(isTold)
  })
})

describe('wrappers of Airbyte and Singer', () => {
  const [ana, bo, cleo, dev] = ['Ana Novak', 'Bo Lind', 'Cleo Marsh', 'Dev Rao'].map((name, index) => person(index + 1, name))
  const lines = (...values: object[]) => values.map(value => `${JSON.stringify(value)}\n`).join('')
  const airbyte = (stream: string, data: unknown) => ({ type: 'RECORD', record: { stream, data, emitted_at: 1 } })
  const found = warehouse({
    'sync-2026-01-05/agents/3.JSON': [cleo],
    'sync-2026-01-05/agents/airbyte.jsonl': lines(
      { type: 'LOG', log: { level: 'INFO', message: 'x' } },
      airbyte('agents', bo),
      airbyte('groups', { id: 5, name: 'other stream' }),
    ),
    'sync-2026-01-05/agents/s3.jsonl': lines({ _airbyte_ab_id: 'x', _airbyte_emitted_at: 1, _airbyte_data: dev }),
    'sync-2026-01-05/agents/singer.jsonl': lines(
      { type: 'SCHEMA', stream: 'agents', schema: {} },
      { type: 'RECORD', stream: 'agents', record: ana },
      { type: 'STATE', value: {} },
    ),
  })

  it('are opened; a record of another stream is quarantined and makes the snapshot incomplete', () => {
    expect(pick(found, 'core.agents', 'agent_id', 'name').map(([, name]) => name)).toEqual([
      'Ana Novak',
      'Bo Lind',
      'Cleo Marsh',
      'Dev Rao',
    ])
    expect(pick(found, 'ops.file_accounting', 'path', 'records', 'staged', 'quarantined').map(([, ...counts]) => counts)).toEqual([
      ['1', '1', '0'],
      ['2', '1', '1'],
      ['1', '1', '0'],
      ['1', '1', '0'],
    ])
    expect(pick(found, 'errors.agent_pipeline_errors', 'error_type', 'field', 'agent_id', 'position')).toEqual([
      ['incomplete_snapshot', null, null, null],
      ['invalid_value', 'stream', null, '1'],
    ])
    expect(found['core.agent_status_history']).toEqual([])
  })
})
