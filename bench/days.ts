import {
  type Agent,
  agentAvailability,
  agentDetails,
  agentId,
  agentOf,
  agentRecord,
  dateOf,
  dayLength,
  type Fields,
  firstDay,
  groupId,
  groupRecord,
  instantOf,
  roleId,
  roleRecord,
} from './helpdesk.ts'
import type { Directory, Merchant } from './people.ts'
import { hashOf, randomOf } from './random.ts'
import {
  type Account,
  type Budget,
  budgetRecord,
  cardOf,
  cardRecord,
  namedOf,
  purchaseOf,
  transactionOf,
  transactionRecord,
  userRecord,
} from './spend.ts'

/** The size of a feed, and how much of it changes from day to day. */
export interface Plan {
  seed: number
  agents: number
  groups: number
  /** Transactions of day 1. */
  transactions: number
  /** Share of agents with an event per day; a quarter as many join. */
  churn: number
  /** Share of agents who act per day, which changes last_active_at (default: none). */
  active?: number
  /** Share of cards used per day, which changes the amount spent (default: none). */
  used?: number
  /** New and updated transactions a day, half and half, as a share of those of day 1. */
  changes: number
  /** Each day sends all transactions again, not only new and changed ones. */
  snapshots: boolean
}

/** The records of one entity on one day, generated one by one. */
export type Records = Iterable<Fields>

/** A feed of any size. A record on a day depends only on its number and the day, so that nothing is kept in memory. */
export function feedOf(plan: Plan, directory: Directory) {
  const accounts = accountsOf(plan, directory)
  return {
    agents: (day: number) => mapped(listed(plan, directory, day), agentRecord),
    agent_details: (day: number) => mapped(listed(plan, directory, day), agentDetails),
    admin_groups: (day: number) => groupsOn(plan, day),
    agent_availability: (day: number) => mapped(listed(plan, directory, day), agentAvailability),
    roles: (): Records => roles,
    users: (): Records => usersOf(accounts, directory),
    budgets: (day: number) => budgetsOn(plan, day),
    cards: (day: number) => mapped(accounts, (account, at) => cardRecord(account, spentOn(plan, at, day))),
    transactions: (day: number) => transactionsOn(plan, accounts, directory.merchants, day),
  }
}

/** The last day up to this one with an event of the n-th record (0: none), and the number of that event. */
function eventOf(share: number, n: number, day: number): { day: number; count: number } {
  const period = share > 0 ? Math.max(1, Math.round(1 / share)) : Number.POSITIVE_INFINITY
  const last = share > 0 ? day - ((n + day) % period) : 0
  return last < 2 ? { day: 0, count: 0 } : { day: last, count: 1 + Math.floor((last - 2) / period) }
}

function* listed(plan: Plan, directory: Directory, day: number): Iterable<Agent> {
  const known = plan.agents + (day - 1) * Math.round((plan.agents * plan.churn) / 4)
  for (let n = 1; n <= known; n++) {
    const agent = agentOn(plan, directory, n, day)
    if (agent) yield agent
  }
}

/** Events of agents: some vanish for two days or for long, some change a role or a group, some are deactivated. */
function agentOn(plan: Plan, directory: Directory, n: number, day: number): Agent | undefined {
  const event = eventOf(plan.churn, n, day)
  const kind = event.day === 0 ? -1 : hashOf(plan.seed, n, event.count) % 8
  if (kind === 0 || (kind === 1 && day < event.day + 2)) return undefined
  const agent = agentOf(plan.seed, n, directory.person(n))
  return {
    ...agent,
    activeAt: agent.activeAt.replace('2026-01-05', dateOf(Math.max(1, event.day, eventOf(plan.active ?? 0, n, day).day))),
    deactivated: kind === 2,
    roleIds: [roleId(1 + (n % 3)), ...(kind === 3 || kind === 4 ? [roleId(4 + (event.count % 5))] : [])],
    groupIds: homesOf(plan, n, day).map(groupId),
  }
}

/** The amount that the n-th card has spent in its period by that day. */
function spentOn({ churn, used = 0 }: Plan, n: number, day: number): number {
  return Math.max(eventOf(churn, n, day).day, eventOf(used, n, day).day) % 250
}

/** Every agent is in one group, and one of five in a second one. */
function homesOf({ groups, churn }: Plan, n: number, day: number): number[] {
  if (groups === 0) return []
  const home = (n + eventOf(churn, n, day).count) % groups
  return n % 5 === 0 && groups > 1 ? [home + 1, ((home + 1) % groups) + 1] : [home + 1]
}

function* groupsOn(plan: Plan, day: number): Records {
  const members = Array.from({ length: plan.groups + 1 }, (): number[] => [])
  const known = plan.agents + (day - 1) * Math.round((plan.agents * plan.churn) / 4)
  for (let n = 1; n <= known; n++) for (const group of homesOf(plan, n, day)) members[group]?.push(agentId(n))
  for (let n = 1; n <= plan.groups; n++) {
    yield groupRecord({
      id: groupId(n),
      name: `${departments[n % departments.length]} ${n}`,
      description: null,
      parentId: parentOf(n, plan.groups),
      escalateTo: n % 3 === 0 && plan.agents > 0 ? agentId(1 + (n % plan.agents)) : null,
      agentIds: members[n] ?? [],
      createdAt: instantOf(-(n % 900), 9),
    })
  }
}

/** Three levels: one group of 25 is a root, one of five is below a root. */
function parentOf(n: number, groups: number): number | null {
  const [roots, inner] = [Math.ceil(groups / 25), Math.ceil(groups / 5)]
  return n <= roots ? null : groupId(n <= inner ? 1 + (n % roots) : roots + 1 + (n % Math.max(1, inner - roots)))
}

const departments = [
  'Support',
  'Billing',
  'Returns',
  'Field Service',
  'Onboarding',
  'Sales',
  'Security',
  'Facilities',
  'Finance',
  'Legal',
  'People',
]

const roles = Array.from({ length: 8 }, (_, at) =>
  roleRecord({
    id: roleId(at + 1),
    name: `Role ${at + 1}`,
    description: null,
    isDefault: at < 3,
    agentType: 1,
    createdAt: instantOf(-1000, 8),
  }),
)

const budgetCount = (plan: Plan) => Math.max(8, plan.groups)

function budgetOn(n: number, day: number): Budget {
  return {
    ...namedOf('Budget', 'bgt', n, `${departments[n % departments.length]} ${n}`),
    interval: n % 4 === 0 ? 'NONE' : 'MONTHLY',
    ...(n % 10 === 0 ? {} : { limit: 500 * (n % 40) }),
    startDate: '2025-01-01',
    periodStart: '2026-01-01',
    ...(n % 4 === 0 ? {} : { periodEnd: '2026-02-01' }),
    cleared: (n * 1009 * day) % 1_000_000,
    pending: 0,
  }
}

function* budgetsOn(plan: Plan, day: number): Records {
  for (let n = 1; n <= budgetCount(plan); n++) yield budgetRecord(budgetOn(n, day))
}

/** As many cards as agents, and half as many users, each with an agent's name. */
function accountsOf(plan: Plan, directory: Directory): Account[] {
  return Array.from({ length: Math.max(20, plan.agents) }, (_, n) => {
    const user = 1 + (n >> 1)
    return {
      user: namedOf('User', 'usr', user, directory.person(user).name),
      card: cardOf(n),
      budget: budgetOn(1 + (n % budgetCount(plan)), 1),
    }
  })
}

/** The users of the cards, each with the email of their agent. */
function* usersOf(accounts: Account[], directory: Directory): Records {
  for (let n = 0; n < accounts.length; n += 2) {
    const { user } = accounts[n] as Account
    yield userRecord(user, directory.person(1 + (n >> 1)).email, n)
  }
}

/** Transactions of day 1 occurred in the year before it, later ones on the day of their batch. An update attaches a receipt. */
function* transactionsOn(plan: Plan, accounts: Account[], merchants: readonly Merchant[], day: number): Records {
  const fresh = Math.round((plan.transactions * plan.changes) / 2)
  const known = plan.transactions + (day - 1) * fresh
  const firstNew = day === 1 ? 1 : known - fresh + 1
  const period = fresh > 0 ? oddStep(plan.transactions / fresh) : known + 1
  const random = randomOf(plan.seed)
  const one = (n: number) => {
    random.restart(plan.seed, 'transaction', purchaseOf(n))
    const account = accounts[random.int(0, accounts.length - 1)] as Account
    const t = transactionOf(n, occurredOf(plan, n), account, random.pick(merchants), random)
    const updatedOn = n <= plan.transactions ? day - ((n + day) % period) : 0
    return transactionRecord(updatedOn < 2 ? t : { ...t, receipt: true, updated: firstDay + (updatedOn - 1) * dayLength + 72_000_000 })
  }
  if (plan.snapshots) for (let n = 1; n < firstNew; n++) yield one(n)
  else if (day > 1) for (let n = period - (day % period); n <= plan.transactions; n += period) yield one(n)
  for (let n = firstNew; n <= known; n++) yield one(n)
}

/** A step with which each of the twenty kinds of transactionOf occurs. */
function oddStep(step: number): number {
  const whole = Math.max(1, Math.round(step))
  return whole % 2 === 0 || whole % 5 === 0 ? oddStep(whole + 1) : whole
}

function occurredOf({ transactions, changes }: Plan, n: number): number {
  if (n <= transactions) return firstDay - Math.floor((1 - n / (transactions + 1)) * 365 * dayLength)
  const fresh = Math.round((transactions * changes) / 2)
  const later = n - transactions - 1
  return firstDay + (1 + Math.floor(later / fresh)) * dayLength + Math.floor(((later % fresh) / fresh) * 72_000_000)
}

function* mapped<T>(items: Iterable<T>, record: (item: T, at: number) => Fields): Records {
  let at = 0
  for (const item of items) yield record(item, at++)
}
