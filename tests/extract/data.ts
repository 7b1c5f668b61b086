import { feedOf } from '../../bench/days.ts'
import type { Fields } from '../../bench/helpdesk.ts'
import { directoryOf } from '../../bench/people.ts'
import { idOf, uuidOf } from '../../bench/spend.ts'

/** A record as an API sends it: its text survives every page, digit by digit. */
export interface Row {
  id: string
  json: string
  /** Fields of transactions and cards that are filtered by. */
  fields: Fields
}

/** The data of a help desk. */
export interface Desk {
  roles: Row[]
  admin_groups: Row[]
  agents: Row[]
  /** By id; an agent who became a contact has none, and there may be one outside of the list. */
  details: Map<string, Row>
}

/** The data of the spend system. Lists contain the cards that are not deleted, and the parents of splits. */
export interface Spend {
  users: Row[]
  budgets: Row[]
  cards: Row[]
  transactions: Row[]
  children: Map<string, Row>
}

/** The number of each. */
export interface Size {
  seed: number
  agents: number
  groups?: number
  transactions: number
}

/**
 * Invented data for one seed, as bench/ makes it, with what only the APIs have: users, deleted cards, splits, and agents that only groups
 * name.
 */
export function invent({ seed, agents, groups = Math.ceil(agents / 3), transactions }: Size): { desk: Desk; spend: Spend } {
  const plan = { seed, agents, groups, transactions, churn: 0, changes: 0, snapshots: true }
  const feed = feedOf(plan, directoryOf(seed))
  const rows = (records: Iterable<Fields>, key: string) => [...records].map(record => rowOf(record, key))
  const details = [...feed.agent_details(1)]
  const adminGroups = [...feed.admin_groups(1)]
  // One agent left the list but still has a record, another never existed.
  const gone = { ...details[0], id: 69_019_999_991 }
  const [first] = adminGroups
  if (first) first.agent_ids = [...(first.agent_ids as number[]), gone.id, 69_019_999_992, null, -1]

  return {
    desk: {
      roles: rows(feed.roles(), 'id'),
      admin_groups: adminGroups.map(record => rowOf(record, 'id')),
      agents: rows(feed.agents(1), 'id'),
      details: new Map([...details, gone].map(record => [String(record.id), rowOf(record, 'id')])),
    },
    spend: spendOf(feed, rows),
  }
}

/** A record with digits that JavaScript would change. */
export function rowOf(fields: Fields, key: string): Row {
  const text = JSON.stringify(fields)
  return { id: String(fields[key]), json: `${text.slice(0, -1)},"exact":{"amount":1.10,"large":12345678901234567890}}`, fields }
}

function spendOf(feed: ReturnType<typeof feedOf>, rows: (records: Iterable<Fields>, key: string) => Row[]): Spend {
  const cards = [...feed.cards(1)].map((card, at) => (at % 7 === 3 ? { ...card, status: 'DELETED' } : card))
  const people = new Map(cards.map(card => [card.userUuid as string, card]))
  const users = [...people].map(([uuid, { userId }], at) => ({
    id: userId,
    uuid,
    firstName: 'Ana',
    lastName: `Novak ${at}`,
    email: `ana${at}@example.com`,
    role: at === 0 ? 'ADMIN' : 'MEMBER',
    retired: at % 5 === 4,
    createdTime: '2024-03-01T09:00:00.000+00:00',
  }))
  const children = new Map<string, Row>()
  const transactions = [...feed.transactions(1)].map((record, at) => (at % 9 === 2 ? split(record, at, children) : record))
  const inOrder = transactions.sort((one, other) => String(one.occurredTime).localeCompare(String(other.occurredTime)))
  return {
    users: rows(users, 'uuid'),
    budgets: rows(feed.budgets(1), 'uuid'),
    cards: rows(cards, 'uuid'),
    transactions: rows(inOrder, 'uuid'),
    children,
  }
}

function split(parent: Fields, at: number, children: Map<string, Row>): Fields {
  const uuids = [1, 2].map(part => {
    const number = 5_000_000 + at * 2 + part
    const uuid = uuidOf('txr', number)
    const child = {
      ...parent,
      id: idOf('Transaction', number),
      uuid,
      amount: Number(parent.amount) / 2,
      parentTransactionId: parent.id,
      parentTransactionUuid: parent.uuid,
    }
    children.set(uuid, rowOf(child, 'uuid'))
    return uuid
  })
  return { ...parent, isParent: true, childTransactionUuids: uuids, childTransactionIds: uuids.map(uuid => children.get(uuid)!.fields.id) }
}
