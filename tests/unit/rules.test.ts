import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agent, card, errorTypes, feedOf, group, only, pick, role, warehouse } from '../pipeline/rules/by-hand.ts'
import { deliveries, feedSeeds, feeds } from '../pipeline/rules/feeds.ts'
import { compare } from '../pipeline/rules/snapshot.ts'
import { tables } from '../pipeline/rules/tables.ts'
import { expectedWarehouse } from '../pipeline/rules/warehouse.ts'

describe('batches and time', () => {
  it('R1 names the batch of a row as its source; inferred rows have none', () => {
    const found = warehouse({ 'sync-day1/cards/1.json': [card({ budgetId: 'B9' })] })
    expect(only(found, 'core.cards').source).toBe('sync-day1')
    expect(only(found, 'core.budgets')).toMatchObject({ budget_id: 'B9', source: null })
  })

  it.each([
    ['sync-day1', '2026-01-05'],
    ['sync-day10', '2026-01-14'],
    ['sync-2026-03-01', '2026-03-01'],
    ['sync-2026-02-30', null],
    ['handover', '2026-01-06'],
    ['sync-day4', null],
    ['tran', null],
  ])('R2 %s is of the day %s', (batch, day) => {
    const found = warehouse({ [`${batch}/roles/1.json`]: [role()] })
    expect(only(found, 'core.roles').first_seen_on).toBe(day)
  })

  it('R2 counts days from first_sync_date', () => {
    const found = warehouse({ 'sync-day3/roles/1.json': [role()] }, {}, feedSeeds, { first_sync_date: '2027-12-30' })
    expect(only(found, 'core.roles').first_seen_on).toBe('2028-01-01')
  })

  it('R2 orders batches of one date by name, day2 before day10', () => {
    const seeds = { ...feedSeeds, sync_batches: ['a-day2', 'a-day10'].map(batch => ({ batch, sync_date: '2026-01-05' })) }
    const files = { 'a-day10/roles/1.json': [role({ name: 'Ten' })], 'a-day2/roles/1.json': [role({ name: 'Two' })] }
    expect(only(warehouse(files, {}, seeds), 'core.roles').name).toBe('Ten')
  })

  it('R2 lets the last batch of a date that takes part stand for the day', () => {
    const found = warehouse({
      'sync-2026-01-05-a/agents/1.json': [agent({ id: 1 }), agent({ id: 2 })],
      'sync-2026-01-05-b/agents/1.json': [agent({ id: 1 })],
      'sync-2026-01-05-c/agents/1.json': [],
    })
    expect(pick(found, 'core.agent_status_history', 'agent_id', 'is_listed', 'source')).toEqual([
      ['1', 'true', 'sync-2026-01-05-b'],
      ['2', 'false', 'sync-2026-01-05-b'],
    ])
  })

  it('R3 is a function of the batches, in whatever order and however often they come', () => {
    const feedAndLoads = feeds().chain(feed => fc.tuple(fc.constant(feed), deliveries(feed)))
    fc.assert(
      fc.property(feedAndLoads, ([feed, loads]) => {
        expect(compare(expectedWarehouse(feed, feedSeeds), expectedWarehouse(loads.flat(), feedSeeds))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('R4 takes the latest dated batch, and undated ones only where no dated one is', () => {
    const newer = { name: 'Undated', updated_at: '2030-01-01T00:00:00Z' }
    const files = {
      'zz/roles/1.json': [role(newer)],
      'sync-day1/roles/1.json': [role({ name: 'One' })],
      'sync-day2/roles/1.json': [role({ name: 'Two' })],
    }
    expect(only(warehouse(files), 'core.roles')).toMatchObject({ name: 'Two', source: 'sync-day2' })
    expect(
      only(warehouse({ 'tran/roles/1.json': [role({ name: 'T' })], 'zz/roles/1.json': [role({ name: 'Z' })] }), 'core.roles').name,
    ).toBe('Z')
  })

  it('R4 takes the newest update within a batch, null last, then the last file in natural order, then the last position', () => {
    const at = (name: string, updated_at: string | null) => role({ name, updated_at })
    const inFiles = (...pages: unknown[][]) => {
      const [two, ten] = pages
      return only(warehouse({ 'sync-day1/roles/10.json': ten ?? [], 'sync-day1/roles/2.json': two ?? [] }), 'core.roles').name
    }
    expect(inFiles([at('new', '2026-01-02T00:00:00Z'), at('old', '2026-01-01T00:00:00Z'), at('none', null)])).toBe('new')
    expect(inFiles([at('two', null)], [at('ten', null)])).toBe('ten')
    expect(inFiles([at('first', null), at('second', null)])).toBe('second')
  })

  it('R5 takes an empty, refused or missing folder for no absence', () => {
    const day1 = { 'sync-day1/agents/1.json': [agent()] }
    expect(only(warehouse({ ...day1, 'sync-day2/agents/1.json': [] }), 'core.agents').is_active).toBe('true')
    expect(only(warehouse({ ...day1, 'sync-day2/agents/1.json': '<html>' }), 'core.agents').is_active).toBe('true')
    expect(only(warehouse({ ...day1, 'sync-day2/roles/1.json': [role()] }), 'core.agents').is_active).toBe('true')
    const refusedBeside = { 'sync-day2/agents/1.json': [agent({ id: 2 })], 'sync-day2/agents/2.json': '[{' }
    expect(pick(warehouse({ ...day1, ...refusedBeside }), 'core.agents', 'agent_id', 'is_active')).toEqual([
      ['1', 'true'],
      ['2', 'false'],
    ])
  })

  it('R5 reports incomplete snapshots of agents and groups of dated batches that have the folder', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [],
      'sync-day1/admin_groups/1.json': '',
      'sync-day1/roles/1.json': [],
      'tran/agents/1.json': [],
      'sync-day2/agent_details/1.json': agent(),
    })
    const row = { severity: 'warning', error_type: 'incomplete_snapshot', source: 'sync-day1', file: null, position: null, field: null }
    expect(found['errors.agent_pipeline_errors']).toEqual([{ ...row, agent_id: null, raw_record: null }])
    expect(found['errors.group_pipeline_errors']).toEqual([{ ...row, group_id: null, raw_record: null }])
    expect(found['errors.role_pipeline_errors']).toEqual([])
  })

  it('R5 lists the key of a quarantined record, also of one that jsonb refuses, but not of broken JSON', () => {
    const day1 = { 'sync-day1/agents/1.json': [agent({ id: 1 }), agent({ id: 2 }), agent({ id: 3 })] }
    const day2 = `[${JSON.stringify(agent({ id: 4 }))},{"id":1,"contact":null},{"id":2,"x":"\\u0000"},{"id":3,"x":NaN}]`
    expect(pick(warehouse({ ...day1, 'sync-day2/agents/1.json': day2 }), 'core.agents', 'agent_id', 'is_active', 'last_seen_on')).toEqual([
      ['1', 'true', '2026-01-06'],
      ['2', 'true', '2026-01-06'],
      ['3', 'false', '2026-01-05'],
      ['4', 'true', '2026-01-06'],
    ])
  })
})

describe('landing and accounting', () => {
  it.each([
    ['an array', '.json', '[{"id":1},{"id":2}]', '2'],
    ['a page', '.json', '{"results":[{"id":1}]}', '1'],
    ['a page by another name', '.json', '{"data":[{"id":1},7]}', '2'],
    ['one object', '.json', '{"id":1}', '1'],
    ['a scalar', '.json', '5', '1'],
    ['a byte order mark', '.json', '\ufeff[{"id":1}]', '1'],
    ['an empty file', '.json', '', '0'],
    ['an empty list', '.json', '[]', '0'],
    ['NaN in a record', '.json', '[{"id":1,"x":NaN},{"id":2}]', '2'],
    ['lines', '.ndjson', '{"id":1}\n{"id":2}\n', '2'],
    ['a broken line', '.ndjson', '{"id":1}\n{"id":\n{"id":2}\n', '3'],
    ['a broken last line with an end', '.jsonl', '{"id":1}\n{"id":\n', '2'],
    ['wrapped lines', '.ndjson.gz', '{"stream":"s","data":{"id":1},"emitted_at":5}\n', '1'],
  ])('R6 lands the records of %s', (_, ending, content, records) => {
    const found = warehouse({ [`tran/roles/1${ending}`]: content })
    expect(only(found, 'ops.file_accounting').records).toBe(records)
    expect(errorTypes(found, 'role')).not.toContain('refused_file')
  })

  it.each([
    ['a cut file', '.json', '[{"id":1},{"id"'],
    ['a cut last line', '.ndjson', '{"id":1}\n{"id"'],
    ['an error body', '.json', '{"description":"Access denied","errors":[]}'],
    ['an error body that is a list', '.json', '[{"code":"BDC_1144","message":"x"},{"message":"y"}]'],
    ['HTML', '.json', ' <html></html>'],
    ['a NUL byte', '.json', '[{"id":1}\0]'],
  ])('R6 refuses %s whole', (_, ending, content) => {
    const path = `tran/roles/1${ending}`
    const found = warehouse({ [path]: content })
    expect(only(found, 'ops.file_accounting')).toMatchObject({ path, records: '0' })
    expect(found['errors.role_pipeline_errors']).toEqual([
      {
        role_id: null,
        severity: 'error',
        error_type: 'refused_file',
        field: null,
        raw_record: null,
        source: 'tran',
        file: path,
        position: null,
      },
    ])
  })

  it('R6 refuses a gzip that ends early and invalid UTF-8', () => {
    const files = { 'tran/roles/1.json.gz': '[]', 'tran/roles/2.json': '[]' }
    const found = warehouse(files, { 'tran/roles/1.json.gz': 'gzip', 'tran/roles/2.json': 'utf8' })
    expect(errorTypes(found, 'role')).toEqual(['refused_file', 'refused_file'])
  })

  it('R6 does not take a record with an id for an error body', () => {
    expect(errorTypes(warehouse({ 'tran/roles/1.json': [{ id: null, description: 'x' }] }), 'role')).toEqual([
      'missing_key',
      'missing_value',
    ])
  })

  it('R7 accounts for each record of a file', () => {
    const found = warehouse({ 'sync-day1/roles/1.json': [role(), role(), role({ name: 'B' }), role({ id: 2 }), { id: 3 }, 'x'] })
    expect(only(found, 'ops.file_accounting')).toEqual({
      path: 'sync-day1/roles/1.json',
      records: '6',
      staged: '2',
      quarantined: '2',
      duplicates: '2',
    })
  })

  it('R3 takes the last content of a path', () => {
    const feed = [...feedOf({ 'tran/roles/1.json': [role()] }), ...feedOf({ 'tran/roles/1.json': [role({ name: 'B' })] })]
    expect(expectedWarehouse(feed, feedSeeds)['core.roles']?.map(row => row.name)).toEqual(['B'])
  })
})

describe('marts', () => {
  it('group_headcount gives paths, depths and distinct agents, also in cycles', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [agent({ id: 1 }), agent({ id: 2, deactivated: true })],
      'sync-day1/admin_groups/1.json': [
        group({ id: 1, name: 'Root', agent_ids: [1] }),
        group({ id: 2, name: 'Leaf', parent_group_id: 1, agent_ids: [1, 2] }),
        group({ id: 3, name: 'X', parent_group_id: 4 }),
        group({ id: 4, name: 'Y', parent_group_id: 3 }),
        group({ id: 5, name: 'Z', parent_group_id: 4 }),
      ],
    })
    const columns = ['group_id', 'path', 'depth', 'direct_members', 'direct_active', 'tree_members', 'tree_active']
    expect(pick(found, 'marts.group_headcount', ...columns)).toEqual([
      ['1', 'Root', '0', '1', '1', '2', '1'],
      ['2', 'Root / Leaf', '1', '2', '1', '2', '1'],
      ['3', 'Y / X', '1', '0', '0', '0', '0'],
      ['4', 'X / Y', '1', '0', '0', '0', '0'],
      ['5', 'X / Y / Z', '2', '0', '0', '0', '0'],
    ])
  })

  it('data_quality_daily counts per day and entity that is there', () => {
    const found = warehouse({
      'sync-2026-01-05-a/roles/1.json': [role({ default: 'true' }), { id: 9 }],
      'sync-2026-01-05-b/roles/1.json': [role(), role()],
      'sync-2026-01-05-b/agents/1.json': [],
      'tran/roles/1.json': [role()],
    })
    expect(pick(found, 'marts.data_quality_daily', 'entity', 'records', 'staged', 'quarantined', 'duplicates', 'warnings')).toEqual([
      ['agents', '0', '0', '0', '0', '1'],
      ['roles', '4', '2', '1', '1', '1'],
    ])
  })

  it('compare tells missing rows, rows too many and both sides of a value', () => {
    const found = warehouse({ 'tran/roles/1.json': [role(), role({ id: 2 })] })
    const roles = (found['core.roles'] ?? []).map(row => (row.role_id === '1' ? { ...row, name: 'Other' } : { ...row, role_id: '3' }))
    const said = compare(found, { ...found, 'core.roles': roles, 'errors.role_pipeline_errors': [{ role_id: '7' }] })
    expect(said[1]).toBe('core.roles role_id=1: name expected "A" actual "Other"')
    expect(said[0]).toBe('errors.role_pipeline_errors: the row is too many: {"role_id":"7"}')
    expect(said.slice(2).map(text => text.split(': {')[0])).toEqual([
      'core.roles role_id=2: the row is missing',
      'core.roles role_id=3: the row is too many',
    ])
  })

  it('keys hold in random feeds', () => {
    fc.assert(
      fc.property(feeds(), feed => {
        const found = expectedWarehouse(feed, feedSeeds)
        for (const [name, { key }] of Object.entries(tables)) {
          const keys = (found[name] ?? []).map(row => JSON.stringify(key.map(column => row[column])))
          if (key.length > 0) expect(new Set(keys).size, name).toBe(keys.length)
        }
        for (const file of found['ops.file_accounting'] ?? [])
          expect(Number(file.records)).toBe(Number(file.staged) + Number(file.quarantined) + Number(file.duplicates))
      }),
      { numRuns: 50 },
    )
  })
})
