import type { Sql } from '../database/driver.ts'
import { hasRelation, optional } from '../docs/dataoptional.ts'
import type { DocsGroup, DocsSpend, DocsWarehouse } from '../docs/shape.ts'

/** What the warehouse says of the help desk and its spend; null where none of its marts is there. */
export async function warehouseOf(sql: Sql): Promise<DocsWarehouse | null> {
  const part = <T>(relations: string[], work: () => Promise<T>): Promise<T | null> =>
    optional(sql, async () => {
      for (const relation of relations) if (!(await hasRelation(sql, relation))) return null
      return work()
    })
  const agents = await part(['marts.daily_agent_status'], () => agentsOf(sql))
  const groups = await part(['marts.group_headcount', 'core.groups'], () => groupsOf(sql))
  const spend = await part(['marts.spend_by_budget_month', 'core.budgets'], () => spendOf(sql))
  return agents || groups || spend ? { agents, groups, spend } : null
}

const MOST_GROUPS = 2000
const MOST_BUDGETS = 12

async function agentsOf(sql: Sql): Promise<DocsWarehouse['agents']> {
  const rows = await sql<NonNullable<DocsWarehouse['agents']>>`
    select
        sync_date as date,
        known::int as known,
        active::int as active,
        inactive::int as inactive,
        deactivated::int as deactivated,
        newly_inactive::int as "newlyInactive",
        returned::int as returned
    from marts.daily_agent_status
    order by sync_date
  `
  return rows.length > 0 ? [...rows] : null
}

async function groupsOf(sql: Sql): Promise<DocsGroup[] | null> {
  const rows = await sql<DocsGroup[]>`
    select
        headcount.group_id as "groupId",
        headcount.name,
        groups.parent_group_id as "parentGroupId",
        left(headcount.path, 2000) as path,
        headcount.depth::int as depth,
        groups.is_active as "isActive",
        direct_members::int as "directMembers",
        direct_active::int as "directActive",
        tree_members::int as "treeMembers",
        tree_active::int as "treeActive"
    from marts.group_headcount as headcount
    inner join core.groups as groups on headcount.group_id = groups.group_id
    order by headcount.depth, headcount.name, headcount.group_id
    limit ${MOST_GROUPS}
  `
  return rows.length > 0 ? [...rows] : null
}

async function spendOf(sql: Sql): Promise<DocsWarehouse['spend']> {
  const months = await sql<NonNullable<DocsWarehouse['spend']>['months']>`
    select month, coalesce(sum(amount_usd), 0)::text as amount, sum(transaction_count)::int as transactions
    from marts.spend_by_budget_month
    group by month
    order by month
  `
  if (months.length === 0) return null
  const budgets = await sql<DocsSpend[]>`
    with

    totals as (
        select budget_id, row_number() over (order by sum(abs(amount_usd)) desc nulls last, budget_id) as place
        from marts.spend_by_budget_month
        where budget_id is not null
        group by budget_id
    ),

    marked as (
        select
            spend.month,
            case when totals.place <= ${MOST_BUDGETS} then spend.budget_id end as budget_id,
            coalesce(totals.place > ${MOST_BUDGETS}, false) as is_other,
            spend.amount_usd,
            spend.transaction_count
        from marts.spend_by_budget_month as spend
        left join totals on spend.budget_id = totals.budget_id
    )

    select
        marked.month,
        marked.budget_id as "budgetId",
        budgets.name as budget,
        marked.is_other as "isOther",
        coalesce(sum(marked.amount_usd), 0)::text as amount,
        sum(marked.transaction_count)::int as transactions
    from marked
    left join core.budgets as budgets on marked.budget_id = budgets.budget_id
    group by marked.month, marked.budget_id, budgets.name, marked.is_other
    order by marked.month, marked.is_other, budgets.name nulls last, marked.budget_id
  `
  return { months: [...months], budgets: [...budgets] }
}
