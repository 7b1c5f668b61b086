import { trim } from './fields.ts'
import { compareRecords, compareUpdates, currentRecords, type Judged, type Row, seenOn } from './records.ts'
import type { Seeds } from './seeds.ts'
import { recordsOf, type World } from './world.ts'

/** core.budgets, core.cards, core.transactions and core.user_agent_mapping, with the parents that R19 infers. */
export function spendTables(world: World, agents: Row[]): { budgets: Row[]; cards: Row[]; transactions: Row[]; user_agent_mapping: Row[] } {
  const current = {
    budgets: currentRecords(recordsOf(world, 'budgets')),
    cards: currentRecords(recordsOf(world, 'cards')),
    transactions: currentRecords(recordsOf(world, 'transactions')),
  }
  const children = [...current.cards.values(), ...current.transactions.values()]
  const user_agent_mapping = mapUsers(children, agents, world.seeds)
  const agentOf = (record: Judged) => user_agent_mapping.find(row => row.user_id === record.values.user_id)?.agent_id ?? null

  const budgets = rowsOf('budgets', 'budget_id', () => ({ is_inferred: 'false' }))
  const cards = rowsOf('cards', 'card_id', record => ({ agent_id: agentOf(record), is_inferred: 'false' }))
  const transactions = rowsOf('transactions', 'transaction_id', record => ({ agent_id: agentOf(record) })).map(
    ({ first_seen_on: _, last_seen_on: __, ...row }) => row,
  )
  return {
    budgets: [...budgets, ...inferred('budgets', 'budget_id', 'budgetId', children)],
    cards: [...cards, ...inferred('cards', 'card_id', 'cardId', [...current.transactions.values()])],
    transactions,
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

  function inferred(entity: 'budgets' | 'cards', key: string, field: string, namers: Judged[]): Row[] {
    const missing = namers.filter(({ values }) => values[key] && !current[entity].has(values[key] ?? ''))
    for (const record of missing) world.relations.push({ record, finding: { severity: 'warning', type: 'inferred_parent', field } })
    return [...new Set(missing.map(({ values }) => values[key] ?? ''))].map(id => ({ [key]: id, is_inferred: 'true' }))
  }
}

/** core.user_agent_mapping: the users of the current cards and transactions, matched by override, else by a name unique on both sides. */
function mapUsers(children: Judged[], agents: Row[], seeds: Seeds): Row[] {
  const fold = (name: string) =>
    trim(name)
      .toLowerCase()
      .replace(/[ \t\r\n\f\v]+/g, ' ')
  const userIds = [...new Set(children.map(({ values }) => values.user_id).filter(id => typeof id === 'string'))]
  const users = userIds.map(user_id => {
    const named = children.filter(
      record => record.entity === 'transactions' && record.values.user_id === user_id && record.values.user_name,
    )
    const newest = named.sort((a, b) => compareUpdates(a, b) || compareRecords(a, b)).at(-1)
    return { user_id, user_name: newest?.values.user_name ?? null }
  })

  return users.map(({ user_id, user_name }) => {
    const override = seeds.user_agent_overrides.find(
      row => row.user_id === user_id && agents.some(agent => agent.agent_id === row.agent_id),
    )
    if (override) return { user_id, user_name, agent_id: override.agent_id, matched_by: 'override' }
    const isNamesake = (name: string | null | undefined) => name && user_name && fold(name) === fold(user_name)
    const [agent, ...others] = agents.filter(({ name }) => isNamesake(name))
    const isUnique = agent && others.length === 0 && users.filter(user => isNamesake(user.user_name)).length === 1
    return { user_id, user_name, agent_id: isUnique ? (agent.agent_id ?? null) : null, matched_by: isUnique ? 'name' : 'none' }
  })
}
