import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectDir } from './database.ts'
import { readSeeds } from './rules/seeds.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

// Counted by hand from the files of data/, not from the models' results.
let warehouse: Warehouse
let removeProject: () => Promise<void>

beforeAll(async () => {
  const project = await projectWith(readSeeds(join(projectDir, 'seeds'), join(projectDir, 'data')))
  removeProject = project.remove
  warehouse = await project.warehouse()
  await warehouse.load(join(projectDir, 'data'))
  await warehouse.build()
})

afterAll(async () => {
  await warehouse?.drop()
  await removeProject?.()
})

const rows = (query: string) => warehouse.sql.unsafe(query).values()

it('accounts for every record', async () => {
  expect(
    await rows(`
      select entity, sum(files.records), sum(staged), sum(quarantined), sum(duplicates)
      from ops.file_accounting as accounting inner join ops.files as files using (path)
      group by entity order by entity
    `),
  ).toEqual([
    ['admin_groups', '32', '31', '1', '0'],
    // Four agents on day 2; on day 3 four and an unknown one, one of them without an id.
    ['agent_availability', '9', '8', '1', '0'],
    ['agent_details', '111', '111', '0', '0'],
    ['agents', '168', '152', '10', '6'],
    ['budgets', '30', '28', '2', '0'],
    ['cards', '127', '124', '2', '1'],
    ['roles', '25', '23', '1', '1'],
    ['transactions', '203', '185', '16', '2'],
    // 22, then 24 and one without name and email, then 23.
    ['users', '70', '69', '1', '0'],
  ])
})

it('knows who works at the desk, day by day', async () => {
  expect(await rows('select sync_date, known, active, newly_inactive, returned from marts.daily_agent_status order by 1')).toEqual([
    ['2026-01-05', '44', '41', '0', '0'],
    ['2026-01-06', '46', '40', '3', '0'],
    ['2026-01-07', '48', '42', '1', '2'],
  ])
  expect(await rows('select count(*), count(*) filter (where is_active), count(*) filter (where is_deactivated) from core.agents')).toEqual(
    [['48', '42', '3']],
  )
})

it('keeps the history of a role that was lost and regained', async () => {
  expect(
    await rows(`
      select action, action_at::date, source from core.agent_role_history
      where (agent_id, role_id) in (select agent_id, role_id from core.agent_role_history group by 1, 2 having count(*) = 3)
      order by action_at
    `),
  ).toEqual([
    ['assigned', '2026-01-05', 'sync-day1'],
    ['removed', '2026-01-06', 'sync-day2'],
    ['assigned', '2026-01-07', 'sync-day3'],
  ])
})

it('makes the parents that no batch holds', async () => {
  expect(await rows('select count(*), count(*) filter (where is_inferred) from core.budgets')).toEqual([['13', '2']])
  expect(await rows('select count(*), count(*) filter (where is_inferred) from core.cards')).toEqual([['46', '1']])
  expect(await rows('select matched_by, count(*) from core.user_agent_mapping group by 1 order by 1')).toEqual([
    // 1 to 12, and 19, whose name two agents have; 13 to 18 by name, two of them because they share an email.
    ['email', '13'],
    ['name', '6'],
    ['none', '4'],
    ['override', '1'],
  ])
  expect(
    await rows('select count(*), count(*) filter (where is_listed), count(*) filter (where is_retired) from core.spend_users'),
  ).toEqual([['24', '23', '1']])
})

it('reads availability of the day, and roles of whoever says them', async () => {
  // From day 3 for agents 1, 3 and 12; for all others from their details of the last day with any.
  expect(
    await rows(`
      select agent_id, count(*), min(observed_on), bool_and(current_load is not null) from core.agent_availability
      where assignment_limit is not null group by 1 order by 1
    `),
  ).toEqual(
    [
      ['69010941051', '2', '2026-01-07', true],
      ['69010941204', '2', '2026-01-07', true],
      ['1043000017', '2', '2026-01-07', true],
    ].sort(),
  )
  // Agents 10 and 13 have no details on day 3: the list has another role for each.
  expect(
    await rows(`
      select history.agent_id, roles.name, is_from_start from core.agent_role_history as history
      inner join core.roles using (role_id)
      where history.agent_id in (69010941170, 69010941221) order by 1, 2
    `),
  ).toEqual([
    ['69010941170', 'Agent', true],
    ['69010941170', 'Quality Analyst', false],
    ['69010941221', 'Agent', true],
    ['69010941221', 'Quality Analyst', false],
  ])
})

it('counts each spend once, to the cent', async () => {
  // 119 transactions: 7 of them declined, and of 10 authorizations those that were settled.
  expect(await rows('select transaction_type, count(*), sum(amount_usd) from core.transactions group by 1 order by 1')).toEqual([
    ['AUTHORIZATION', '10', '631.46'],
    ['CARD_FUNDING', '1', '72.68'],
    ['CLEAR', '99', '6547.62'],
    ['DECLINE', '7', '544.25'],
    ['OTHER', '2', '330.06'],
  ])
  // All ten authorizations are settled by one of the 99; OTHER, and an unknown type, are not spend.
  for (const mart of ['spend_by_budget_month', 'spend_by_agent_month', 'spend_by_merchant', 'spend_by_merchant_month'])
    expect(await rows(`select sum(amount_usd), sum(other_usd), sum(transaction_count) from marts.${mart}`), mart).toEqual([
      ['6547.62', '402.74', '99'],
    ])
})

it('takes the rate of the record, else of the day, else the amount of the feed', async () => {
  expect(
    await rows(`
      select original_amount, original_currency, exchange_rate, fx_source, amount_usd from core.transactions
      where fx_source in ('seed', 'amount') order by amount_usd
    `),
  ).toEqual([
    // The record's own rate is -1.2.
    ['39.99', 'GBP', '1.34870', 'seed', '53.93'],
    ['980', 'MXN', null, 'amount', '55.08'],
    // 120 GBP on 2025-11-29, at the rate of 2025-10-01.
    ['120', 'GBP', '1.31250', 'seed', '157.50'],
    // currencyData is null: only the amount is known.
    [null, null, null, 'amount', '211.93'],
  ])
})
