import { absolute, compareDecimals, type Decimal, decimal, decimalText, minus, plus, times } from './decimal.ts'
import type { Row } from './records.ts'
import { isListedLast, snapshotsOf, type World } from './world.ts'

/** The tables of core that all marts except those of spend are built from. */
type Core = Record<'agents' | 'agent_details' | 'roles' | 'agent_role_mapping' | 'budgets' | 'cards' | 'transactions', Row[]>

/** The newest day of a dated batch with a feed file. */
export function newestDay(world: World): string | null {
  const dates = world.files.flatMap(({ batch }) => batch.date ?? [])
  return dates.sort().at(-1) ?? null
}

/** marts.agent_movements, from agent_status_history. */
export function agentMovements(history: Row[], agents: Row[]): Row[] {
  const dates = [...new Set(history.map(row => row.sync_date ?? ''))].sort()
  return history.flatMap(row => {
    const index = dates.indexOf(row.sync_date ?? '')
    if (index === 0) return []
    const before = history.find(old => old.agent_id === row.agent_id && old.sync_date === dates[index - 1])
    const became = (column: string, value: string) => before !== undefined && before[column] !== value && row[column] === value
    const movements = {
      joined: before === undefined,
      left: became('is_listed', 'false'),
      returned: became('is_listed', 'true'),
      deactivated: became('is_deactivated', 'true'),
      reactivated: became('is_deactivated', 'false'),
    }
    const { sync_date = null, agent_id = null } = row
    const name = agents.find(agent => agent.agent_id === agent_id)?.name ?? null
    return Object.entries(movements).flatMap(([movement, has]) => (has ? [{ sync_date, agent_id, name, movement }] : []))
  })
}

/** marts.access_review: each role held, with the reasons for a review. */
export function accessReview(world: World, core: Core, staleAfter = 90): Row[] {
  return core.agent_role_mapping
    .filter(({ status }) => status === 'assigned')
    .map(({ agent_id = null, role_id = null, assigned_at }) => {
      const agent = core.agents.find(row => row.agent_id === agent_id) ?? {}
      const days = daysBetween(agent.last_active_at, newestDay(world))
      const isListed = snapshotsOf(world, 'agents').length === 0 || isListedLast(world, 'agents', agent_id ?? '')
      return {
        agent_id,
        agent_name: agent.name ?? null,
        email: agent.email ?? null,
        role_id,
        role_name: core.roles.find(row => row.role_id === role_id)?.name ?? null,
        from_date: assigned_at?.slice(0, 10) ?? null,
        is_active: agent.is_active ?? null,
        is_listed: String(isListed),
        is_deactivated: agent.is_deactivated ?? null,
        last_active_at: agent.last_active_at ?? null,
        last_login_at: core.agent_details.find(row => row.agent_id === agent_id)?.last_login_at ?? null,
        days_since_active: days === null ? null : String(days),
        reasons: reasonsOf({
          inactive: agent.is_active === 'false',
          unlisted: !isListed,
          unverified: agent.is_verified === 'false',
          stale: days !== null && days > staleAfter,
        }),
      }
    })
}

/** marts.budget_utilisation: a row per listed budget. */
export function budgetUtilisation(world: World, { budgets, transactions }: Core): Row[] {
  return budgets
    .filter(({ is_listed }) => is_listed === 'true')
    .map(budget => {
      const { budget_id = null, name = null, period_start_date: start = null, period_end_date: end = null } = budget
      const { limit_amount = null, spent_total = null } = budget
      const counts = (row: Row) =>
        row.budget_id === budget_id &&
        ['settled', 'pending'].includes(row.spend_kind ?? '') &&
        (start === null || (row.spent_on ?? '') >= start) &&
        (end === null || (row.spent_on ?? '') < end)
      const counted = transactions.filter(counts).reduce((sum, row) => plus(sum, decimal(row.amount_usd ?? '0')), decimal('0'))
      const [limit, spent] = [limit_amount === null ? null : decimal(limit_amount), spent_total === null ? null : decimal(spent_total)]
      const used = limit && spent && limit.digits !== 0n ? share(spent, limit) : null
      const elapsed = elapsedShare(start, end, newestDay(world))
      const status = () => {
        if (!limit) return 'no limit'
        if (spent && compareDecimals(spent, limit) > 0) return 'over'
        if (used && compareDecimals(used, decimal('0.9')) >= 0) return 'tight'
        return used && elapsed && compareDecimals(used, plus(elapsed, decimal('0.2'))) > 0 ? 'ahead' : 'ok'
      }
      return {
        ...{ budget_id, name, period_start_date: start, period_end_date: end, limit_amount, spent_total },
        counted_usd: decimalText(counted),
        remaining: limit && spent && decimalText(minus(limit, spent)),
        used_share: used && decimalText(used),
        elapsed_share: elapsed && decimalText(elapsed),
        status: status(),
      }
    })
}

/** marts.card_review: the active cards with a reason. */
export function cardReview(world: World, { cards, agents, budgets, transactions }: Core): Row[] {
  return cards
    .filter(({ is_active }) => is_active === 'true')
    .flatMap(card => {
      const agent = agents.find(row => row.agent_id === card.agent_id)
      const uses = transactions.filter(row => row.card_id === card.card_id).map(row => row.occurred_at ?? '')
      const idle = daysBetween(uses.sort().at(-1) ?? card.created_at, newestDay(world))
      const [limit, spent] = [decimal(card.current_limit ?? '0'), card.current_spent ? decimal(card.current_spent) : null]
      const reasons = reasonsOf({
        no_user: card.user_id === null,
        no_agent: card.user_id !== null && card.agent_id === null,
        agent_inactive: agent?.is_active === 'false',
        near_limit: limit.digits > 0n && spent !== null && compareDecimals(spent, times(limit, decimal('0.9'))) >= 0,
        unused: idle !== null && idle > 90,
      })
      if (reasons === null) return []
      const budget_name = budgets.find(({ budget_id }) => budget_id === card.budget_id)?.name ?? null
      return [{ ...card, agent_name: agent?.name ?? null, budget_name, reasons }]
    })
}

/** marts.missing_receipts: spend that counts, needs a receipt and has none. */
export function missingReceipts(world: World, spend: Row[]): Row[] {
  return spend
    .filter(row => row.is_receipt_required === 'true' && ['MISSING', 'NOT_ATTACHED'].includes(row.receipt_status ?? ''))
    .map(row => {
      const days = daysBetween(row.spent_on, newestDay(world))
      return { ...row, age_days: days === null ? null : String(days) }
    })
}

function reasonsOf(reasons: Record<string, boolean>): string | null {
  const holding = Object.keys(reasons).filter(name => reasons[name])
  return holding.length > 0 ? holding.join(', ') : null
}

/** Days from an instant or a day to another day; null where either is unknown. */
function daysBetween(from: string | null | undefined, to: string | null): number | null {
  return from && to ? (Date.parse(to) - Date.parse(from.slice(0, 10))) / 86_400_000 : null
}

function elapsedShare(start: string | null, end: string | null, today: string | null): Decimal | null {
  const [whole, passed] = [daysBetween(start, end), daysBetween(start, today)]
  if (whole === null || passed === null || whole === 0) return null
  const part = share(decimal(String(passed)), decimal(String(whole)))
  if (part.digits < 0n) return decimal('0')
  return compareDecimals(part, decimal('1')) > 0 ? decimal('1') : part
}

/** a / b, rounded to four decimals, halves away from zero. */
function share(a: Decimal, b: Decimal): Decimal {
  const isNegative = a.digits < 0n !== b.digits < 0n
  const [top, bottom] = [absolute(a).digits * 10n ** BigInt(b.scale + 4), absolute(b).digits * 10n ** BigInt(a.scale)]
  const rounded = (2n * top + bottom) / (2n * bottom)
  return { digits: isNegative ? -rounded : rounded, scale: 4 }
}
