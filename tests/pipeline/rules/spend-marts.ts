import { decimal, decimalText, plus } from './decimal.ts'
import { grouped, type Row } from './records.ts'
import type { SpendTables } from './spend.ts'
import { merchantOf } from './spend-kinds.ts'

/** The marts of spend: what counts, each spend once, with names, and its sums (R28, R31). */
export function spendMarts(tables: SpendTables, agents: Row[]): Record<string, Row[]> {
  const spend = spendRows(tables, agents)
  const pick = (...columns: string[]) => {
    return (row: Row) => Object.fromEntries(columns.map(column => [column, row[column] ?? null]))
  }
  return {
    'marts.spend': spend,
    'marts.spend_by_budget_month': sumsBy(spend, pick('month', 'budget_id', 'budget_name')),
    'marts.spend_by_agent_month': sumsBy(spend, pick('month', 'agent_id', 'agent_name')),
    'marts.spend_by_merchant_month': sumsBy(spend, pick('month', 'merchant')),
    'marts.spend_by_merchant': sumsBy(spend, pick('merchant')),
  }
}

function spendRows({ transactions, budgets, cards, user_agent_mapping }: SpendTables, agents: Row[]): Row[] {
  return transactions
    .filter(({ spend_kind }) => ['settled', 'pending', 'other'].includes(spend_kind ?? ''))
    .map(row => {
      const card = cards.find(({ card_id }) => card_id === row.card_id)
      const user = user_agent_mapping.find(({ user_id }) => user_id === row.user_id)
      return {
        ...row,
        month: `${row.spent_on?.slice(0, 7)}-01`,
        budget_name: budgets.find(({ budget_id }) => budget_id === row.budget_id)?.name ?? null,
        agent_name: agents.find(({ agent_id }) => agent_id === row.agent_id)?.name ?? null,
        user_name: user?.user_name ?? row.user_name ?? null,
        card_last_four: card?.last_four ?? null,
        card_type: card?.card_type ?? null,
        merchant: merchantOf(row),
      }
    })
}

/** Settled and pending amounts per key, together and apart, and separately what is not spend; an unknown amount adds nothing. */
function sumsBy(spend: Row[], keyOf: (row: Row) => Row): Row[] {
  return [...grouped(spend, row => JSON.stringify(keyOf(row))).values()].map(group => {
    const counted = group.filter(row => row.spend_kind !== 'other')
    const sum = (rows: Row[]) =>
      decimalText(rows.map(row => decimal(row.amount_usd ?? '0')).reduce((total, amount) => plus(total, amount), decimal('0')))
    const sumOf = (kind: string) => sum(group.filter(row => row.spend_kind === kind))
    return {
      ...keyOf(group[0] ?? {}),
      amount_usd: sum(counted),
      settled_usd: sumOf('settled'),
      pending_usd: sumOf('pending'),
      other_usd: sumOf('other'),
      transaction_count: String(counted.length),
    }
  })
}
