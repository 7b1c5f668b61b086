import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asksForDate, datedBatch } from '../pipeline/rules/batches.ts'
import { agent, card, feedOf, group, only, pick, role, warehouse } from '../pipeline/rules/by-hand.ts'
import { deliveries, feedSeeds, feeds } from '../pipeline/rules/feeds.ts'
import { readSeeds } from '../pipeline/rules/seeds.ts'
import { compare } from '../pipeline/rules/snapshot.ts'
import { tables } from '../pipeline/rules/tables.ts'
import { expectedWarehouse } from '../pipeline/rules/warehouse.ts'

describe('batches and time', () => {
  it('R1 names the batch of a row as its source; inferred rows have none', () => {
    const found = warehouse({ 'sync-day1/cards/1.json': [card({ budgetId: 'B9' })] })
    expect(only(found, 'core.cards').source).toBe('sync-day1')
    expect(only(found, 'core.budgets')).toMatchObject({ budget_id: 'B9', source: null })
  })

  it('R1 takes folders that begin with _ or . for no batches', () => {
    const found = warehouse({
      '_draft/roles/1.json': [role()],
      '.sync-day1/roles/1.json': [role({ id: 2 })],
      'sync_/roles/1.json': [role({ id: 3 })],
    })
    expect(pick(found, 'core.roles', 'role_id').flat()).toEqual(['3'])
    expect(found['ops.file_accounting']).toHaveLength(1)
  })

  it('R1 lets _seeds of the data folder stand in for the seed of that name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'deskledger-rules-'))
    try {
      mkdirSync(join(folder, 'data/_seeds'), { recursive: true })
      for (const [name, text] of Object.entries({
        sync_batches: 'batch,sync_date\ntran,',
        currencies: 'code,minor_units,name\nUSD,2,US Dollar',
        exchange_rates: 'rate_date,currency,usd_per_unit',
        user_agent_overrides: 'user_id,agent_id\nU1,1',
        'data/_seeds/user_agent_overrides': 'user_id,agent_id\nU2,2',
      }))
        writeFileSync(join(folder, `${name}.csv`), text)
      expect(readSeeds(folder, join(folder, 'data'))).toMatchObject({
        sync_batches: [{ batch: 'tran', sync_date: '' }],
        user_agent_overrides: [{ user_id: 'U2', agent_id: '2' }],
      })
      expect(readSeeds(folder).user_agent_overrides).toEqual([{ user_id: 'U1', agent_id: '1' }])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each([
    ['sync-day1', '2026-01-05'],
    ['sync-day10', '2026-01-14'],
    ['sync-day100000', null],
    ['day2-late', null],
    ['sync-2026-03-01', '2026-03-01'],
    ['2026_03_01', '2026-03-01'],
    ['feed.2026.3.1', '2026-03-01'],
    ['20260301', '2026-03-01'],
    ['20260301T060000Z', '2026-03-01'],
    ['x20260301_0600', '2026-03-01'],
    ['2026-03-01T06:00:00', '2026-03-01'],
    ['2026_3_1_0600', '2026-03-01'],
    ['2026-03_01', null],
    ['2026-0301', null],
    ['2026031', null],
    ['2026.3.100', null],
    ['120260301', null],
    ['20260301060000', null],
    ['1989-12-31', null],
    ['1990-01-01', '1990-01-01'],
    ['2099-12-31', '2099-12-31'],
    ['2100-01-01', null],
    ['sync-2026-02-30', null],
    ['2026-02-30-day3', '2026-01-07'],
    ['2026-02-30-2026-03-01', '2026-03-01'],
    ['handover', '2026-01-06'],
    ['sync-day4', null],
    ['tran', null],
  ])('R2 %s is of the day %s', (batch, day) => {
    const found = warehouse({ [`${batch}/roles/1.json`]: [role()] })
    expect(only(found, 'core.roles').first_seen_on).toBe(day)
  })

  it('R2 tells of undated batches with a digit that no line of the seed names', () => {
    const told = ['week1', 'tran', 'sync-day4', 'sync-day1', '2026-02-30'].filter(name =>
      asksForDate(datedBatch(name, feedSeeds, {}), feedSeeds),
    )
    expect(told).toEqual(['week1', '2026-02-30'])
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

  it('R3 takes the last content of a path', () => {
    const feed = [...feedOf({ 'tran/roles/1.json': [role()] }), ...feedOf({ 'tran/roles/1.json': [role({ name: 'B' })] })]
    expect(expectedWarehouse(feed, feedSeeds)['core.roles']?.map(row => row.name)).toEqual(['B'])
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
      'sync-day2/agents/1.json': [agent()],
      'sync-2026-01-05-b/roles/1.json': [role(), role()],
      'sync-2026-01-05-b/agents/1.json': [],
      'tran/roles/1.json': [role()],
    })
    expect(pick(found, 'marts.data_quality_daily', 'entity', 'records', 'staged', 'quarantined', 'duplicates', 'warnings')).toEqual([
      ['agents', '0', '0', '0', '0', '1'],
      // One is coerced; the record without a name makes its snapshot incomplete.
      ['roles', '4', '2', '1', '1', '2'],
      ['agents', '1', '1', '0', '0', '0'],
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
