import type { Batch } from './batches.ts'
import { type Judged, type Row, recordsOfKey } from './records.ts'
import { isListed, recordsOf, snapshotsOf, type World } from './world.ts'

const budgetValues = [
  ...['name', 'is_retired', 'is_limitless', 'limit_amount', 'overspend_buffer', 'assigned_amount'],
  ...['spent_cleared', 'spent_pending', 'spent_total', 'period_start_date', 'period_end_date'],
]
const cardValues = ['status', 'user_id', 'budget_id', 'current_limit', 'current_spent', 'recurring_limit']

/** core.budget_history (R30). */
export function budgetHistory(world: World, budgets: Row[]): Row[] {
  return budgets.flatMap(({ budget_id = null }) =>
    runsOf(world, 'budgets', budget_id ?? '', budgetValues).map(run => ({ budget_id, ...run })),
  )
}

/** core.card_history, with the agents of today's mapping (R30). */
export function cardHistory(world: World, cards: Row[], mapping: Row[]): Row[] {
  const agentOf = (user_id: string | null | undefined) => mapping.find(row => row.user_id === user_id)?.agent_id ?? null
  return cards.flatMap(({ card_id = null }) =>
    runsOf(world, 'cards', card_id ?? '', cardValues).map(run => ({ card_id, ...run, agent_id: agentOf(run.user_id) })),
  )
}

/** The days of a key one by one: a run continues while the values are the same, and ends with a change or an absence. */
function runsOf(world: World, entity: 'budgets' | 'cards', key: string, columns: string[]): Row[] {
  const runs: Row[] = []
  for (const { date, batches } of daysOf(world)) {
    const open = runs.at(-1)?.to_date === null ? runs.at(-1) : undefined
    const record = batches.map(batch => acceptedIn(world, entity, batch, key)).findLast(found => found !== undefined)
    if (record) {
      const values = Object.fromEntries(columns.map(column => [column, record.values[column] ?? null]))
      if (open && columns.every(column => open[column] === values[column])) continue
      if (open) open.to_date = date
      runs.push({ from_date: date, to_date: null, ...values, source: record.batch.name })
    } else if (open) {
      const snapshot = snapshotsOf(world, entity).findLast(batch => batch.date === date)
      if (snapshot && !isListed(world, entity, snapshot, key)) open.to_date = date
    }
  }
  return runs
}

function acceptedIn(world: World, entity: 'budgets' | 'cards', batch: Batch, key: string): Judged | undefined {
  return recordsOfKey(recordsOf(world, entity), batch, key).find(({ outcome }) => outcome === 'staged')
}

function daysOf(world: World): { date: string; batches: Batch[] }[] {
  const dates = [...new Set(world.batches.flatMap(({ date }) => date ?? []))].sort()
  return dates.map(date => ({ date, batches: world.batches.filter(batch => batch.date === date) }))
}
