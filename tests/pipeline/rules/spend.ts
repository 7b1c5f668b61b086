import { currentRecords, type Judged, newestOf, type Row, seenOn } from './records.ts'
import { dayIn, spendKinds } from './spend-kinds.ts'
import { mapUsers } from './users.ts'
import { isListedLast, recordsOf, type World } from './world.ts'

/** The tables of core about spend. */
export type SpendTables = Record<'spend_users' | 'budgets' | 'cards' | 'transactions' | 'transaction_tags' | 'user_agent_mapping', Row[]>

/**
 * core.spend_users, core.budgets, core.cards, core.transactions, core.transaction_tags, core.user_agent_mapping, with the parents inferred
 * by R19.
 */
export function spendTables(world: World, agents: Row[]): SpendTables {
  const current = {
    users: currentRecords(recordsOf(world, 'users')),
    budgets: currentRecords(recordsOf(world, 'budgets')),
    cards: currentRecords(recordsOf(world, 'cards')),
    transactions: currentRecords(recordsOf(world, 'transactions')),
  }
  const children = [...current.cards.values(), ...current.transactions.values()]
  const user_agent_mapping = mapUsers([...current.users.values()], children, agents, world.seeds)
  const agentOf = (user_id: string | null | undefined) => user_agent_mapping.find(row => row.user_id === user_id)?.agent_id ?? null

  const isListed = (entity: 'users' | 'budgets' | 'cards', record: Judged) => isListedLast(world, entity, record.key ?? '')
  const budgets = rowsOf('budgets', 'budget_id', record => ({ is_inferred: 'false', is_listed: String(isListed('budgets', record)) }))
  const cards = rowsOf('cards', 'card_id', record => ({
    agent_id: agentOf(record.values.user_id),
    is_inferred: 'false',
    is_listed: String(isListed('cards', record)),
    is_active: String(isListed('cards', record) && record.values.status === 'ACTIVATED'),
  }))
  const kinds = spendKinds(
    [...current.transactions].map(([key, { values, parts }]) => ({ key, values, ...(parts ? { parts } : {}) })),
    world.vars,
  )
  const zoneOf = (budget_id: string | null | undefined) => current.budgets.get(budget_id ?? '')?.values.timezone ?? null
  const transactions = rowsOf('transactions', 'transaction_id', ({ key, values }) => ({
    agent_id: agentOf(values.user_id),
    spend_kind: kinds.get(key ?? '') ?? null,
    spent_on: dayIn(values.occurred_at ?? '', zoneOf(values.budget_id)),
  })).map(({ first_seen_on: _, last_seen_on: __, ...row }) => row)
  return {
    spend_users: rowsOf('users', 'user_id', record => ({ is_listed: String(isListed('users', record)) })),
    budgets: [
      ...budgets,
      ...inferred('budgets', 'budget_id', 'budgetId', children, newest => ({ name: newest?.values.budget_name ?? null })),
    ],
    cards: [
      ...cards,
      ...inferred('cards', 'card_id', 'cardId', [...current.transactions.values()], newest => ({
        user_id: newest?.values.user_id ?? null,
        agent_id: agentOf(newest?.values.user_id),
        last_four: newest?.values.card_last_four ?? null,
        card_type: newest?.values.card_type ?? null,
        is_active: 'false',
      })),
    ],
    transactions,
    transaction_tags: [...current.transactions].flatMap(([transaction_id, { tags, batch }]) =>
      (tags ?? []).map(tag => ({ transaction_id, ...tag, source: batch.name })),
    ),
    user_agent_mapping,
  }

  function rowsOf(entity: keyof typeof current, key: string, extra: (record: Judged) => Row): Row[] {
    return [...current[entity]].map(([id, record]) => ({
      [key]: id,
      ...record.values,
      ...extra(record),
      ...seenOn(recordsOf(world, entity), id),
      source: record.batch.name,
    }))
  }

  function inferred(
    entity: 'budgets' | 'cards',
    key: string,
    field: string,
    namers: Judged[],
    said: (newest: Judged | undefined) => Row,
  ): Row[] {
    const missing = namers.filter(({ values }) => values[key] && !current[entity].has(values[key] ?? ''))
    for (const record of missing) world.relations.push({ record, finding: { severity: 'warning', type: 'inferred_parent', field } })
    return [...new Set(missing.map(({ values }) => values[key] ?? ''))].map(id => ({
      [key]: id,
      is_inferred: 'true',
      is_listed: 'false',
      ...said(newestOf(missing.filter(record => record.entity === 'transactions' && record.values[key] === id))),
    }))
  }
}
