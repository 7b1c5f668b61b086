import { agentTables, channelsIn } from './agents.ts'
import type { Batch } from './batches.ts'
import { errorTables, openErrors } from './errors.ts'
import { type Entity, entities, type Feed } from './feed.ts'
import { groupTables } from './groups.ts'
import { budgetHistory, cardHistory } from './histories.ts'
import { dailyAgentStatus, dataQualityDaily, groupHeadcount, roleAudit } from './marts.ts'
import { worldOf } from './read-world.ts'
import type { Row } from './records.ts'
import { accessReview, agentMovements, budgetUtilisation, cardReview, missingReceipts } from './reviews.ts'
import { rolesIn, roleTables } from './roles.ts'
import type { Seeds, Vars } from './seeds.ts'
import { spendTables } from './spend.ts'
import { spendMarts } from './spend-marts.ts'
import { tables } from './tables.ts'
import { type AcceptedShrink, recordsOf, type World } from './world.ts'

/** Every table of the contract for a feed, by the rules R1 to R31 in their simplest form. The rows are unordered. */
export function expectedWarehouse(feed: Feed, seeds: Seeds, vars: Vars = {}, accepted: AcceptedShrink[] = []): Record<string, Row[]> {
  const world = worldOf(feed, seeds, vars, accepted)
  const people = agentTables(world)
  const { groups, group_membership, group_membership_history } = groupTables(world, people.agents)
  const { roles, ...agentRoles } = roleTables(world, people.agents)
  const spend = spendTables(world, people.agents)
  const errors = openErrors(world, people.agents, roles)
  const accounting = fileAccounting(world)

  const histories = {
    group_membership_history,
    budget_history: budgetHistory(world, spend.budgets),
    card_history: cardHistory(world, spend.cards, spend.user_agent_mapping),
  }
  const core = { ...people, groups, group_membership, ...histories, roles, ...agentRoles, ...spend }
  const marts = spendMarts(spend, people.agents)
  const found: Record<string, Row[]> = {
    ...stagingTables(world, people.agents, roles),
    ...Object.fromEntries(Object.entries(core).map(([name, rows]) => [`core.${name}`, rows])),
    'ops.file_accounting': accounting,
    'marts.daily_agent_status': dailyAgentStatus(people.agent_status_history),
    'marts.group_headcount': groupHeadcount(groups, group_membership, people.agents),
    'marts.agent_movements': agentMovements(people.agent_status_history, people.agents),
    'marts.role_audit': roleAudit(agentRoles.agent_role_history, people.agents, roles),
    'marts.access_review': accessReview(world, core),
    ...marts,
    'marts.missing_receipts': missingReceipts(world, marts['marts.spend'] ?? []),
    'marts.budget_utilisation': budgetUtilisation(world, core),
    'marts.card_review': cardReview(world, core),
    'marts.data_quality_daily': dataQualityDaily(world, accounting, errors),
  }
  for (const name of new Set(errors.map(({ table }) => table)))
    found[name] = errors.filter(error => error.table === name).map(({ row }) => row)
  return Object.fromEntries(
    Object.entries(tables).map(([name, { columns }]) => [name, (found[name] ?? []).map(row => ofColumns(row, columns))]),
  )
}

/** R7: per file, each record is staged, quarantined or a duplicate. */
function fileAccounting(world: World): Row[] {
  return world.files.map(({ path }) => {
    const records = world.records.filter(record => record.file === path)
    const count = (outcome: string) => String(records.filter(record => record.outcome === outcome).length)
    return {
      path,
      records: String(records.length),
      staged: count('staged'),
      quarantined: count('quarantined'),
      duplicates: count('duplicate'),
    }
  })
}

/** The keys staged by each batch (R17); list elements with unknown ids are quarantined. */
function stagingTables(world: World, agents: Row[], roles: Row[]): Record<string, Row[]> {
  const staged = (entity: Entity) => recordsOf(world, entity).filter(({ outcome }) => outcome === 'staged')
  const rowsOf = (entity: Entity): Row[] =>
    staged(entity).map(({ key, batch }) => ({ [errorTables[entity].key]: key, source: batch.name, sync_date: batch.date }))
  const elements = (entity: Entity, owner: string, element: string, known: Row[]): Row[] =>
    staged(entity).flatMap(({ key, batch, list }) =>
      [...new Set(list?.ids.map(({ id }) => id))]
        .filter(id => known.some(row => row[element] === id))
        .map(id => ({ [owner]: key, [element]: id, source: batch.name, sync_date: batch.date })),
    )
  const perBatch = (found: (batch: Batch, agent_id: string) => Row[]): Row[] =>
    world.batches.flatMap(batch =>
      agents.flatMap(({ agent_id = null }) =>
        found(batch, agent_id ?? '').map(row => ({ agent_id, ...row, source: batch.name, sync_date: batch.date })),
      ),
    )
  const names = { admin_groups: 'groups' } as Partial<Record<Entity, string>>
  return {
    ...Object.fromEntries(entities.map(entity => [`staging.stg_${names[entity] ?? entity}`, rowsOf(entity)])),
    'staging.stg_group_membership': elements('admin_groups', 'group_id', 'agent_id', agents),
    'staging.stg_agent_roles': perBatch((batch, agent_id) =>
      [...new Set(rolesIn(world, batch, agent_id)?.list?.ids.map(({ id }) => id))]
        .filter(id => roles.some(role => role.role_id === id))
        .map(role_id => ({ role_id })),
    ),
    'staging.stg_agent_availability': perBatch((batch, agent_id) =>
      (channelsIn(world, batch, agent_id)?.availability ?? []).map(({ channel = null }) => ({ channel })),
    ),
  }
}

function ofColumns(row: Row, columns: string[]): Row {
  return Object.fromEntries(columns.map(column => [column, row[column] ?? null]))
}
