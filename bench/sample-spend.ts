import type { dirt } from './dirt.ts'
import { dayLength, type Fields, firstDay } from './helpdesk.ts'
import type { Directory } from './people.ts'
import { randomOf } from './random.ts'
import { samplePerson } from './sample-helpdesk.ts'
import {
  type Account,
  type Budget,
  bhd,
  budgetRecord,
  cardOf,
  cardRecord,
  gbp,
  jpy,
  type Named,
  namedOf,
  purchaseOf,
  type Transaction,
  transactionOf,
  transactionRecord,
  userRecord,
} from './spend.ts'

const users = 24
const cards = 44

/**
 * The n-th user of the spend system: 1 to 18 are agents (17 and 18 spelt differently), 19 has the name of two agents, 20 to 24 are no
 * agents.
 */
export function sampleUser(directory: Directory, n: number): Named {
  const { name } = samplePerson(directory, n <= 18 ? n : n === 19 ? 21 : 180 + n)
  const spelt = n === 17 ? name.toUpperCase().replace(' ', '  ') : n === 18 ? ` ${name.toLowerCase()} ` : name
  return namedOf('User', 'usr', 20_000 + n, spelt)
}

/**
 * The users of one day, by number: 22, then 24; 3 is gone on day 3. 1 to 12 have the email of their agents, 13 to 18 none or one that two
 * have, so that their names count; 19 has the name of two agents and the email of one; 20 is overridden; 21 to 24 belong to no agent.
 */
export function sampleUsers(directory: Directory, day: number): Map<number, Fields> {
  const listed = numbers(1, day === 1 ? 22 : users).filter(n => n !== 3 || day < 3)
  return new Map(
    listed.map(n => {
      const { email } = samplePerson(directory, n <= 18 ? n : n === 19 ? 22 : 180 + n)
      const given =
        n === 4
          ? email.replace(/^[^@]*/, name => name.toUpperCase())
          : n === 15 || n === 16
            ? 'desk@example.com'
            : n >= 13 && n <= 18
              ? undefined
              : email
      const record = userRecord(sampleUser(directory, n), given, n)
      // The two systems write some names differently.
      if (n === 6) return [n, { ...record, firstName: `${record.firstName}y` }]
      if (n === 14) return [n, { ...record, lastName: String(record.lastName).replace(/[aeiou]/, '$&\u0301') }]
      return [n, n === 24 ? { ...record, retired: true } : record]
    }),
  )
}

/** The budgets of one day, by number. 8 is gone on day 3, 10 appears on day 2. */
export function sampleBudgets(day: number): Map<number, Fields> {
  return new Map(
    budgets
      .map((budget, at): [number, Fields] => [
        at + 1,
        budgetRecord({ ...budget, cleared: budget.cleared + day * 12_345 * (at % 3), pending: budget.pending }),
      ])
      .filter(([n]) => (n !== 8 || day < 3) && (n !== 10 || day > 1)),
  )
}

/** The cards of one day, by number: 40, then 42, then 44; 5 is deleted on day 2. Physical ones, over half, have no budget. */
export function sampleCards(directory: Directory, day: number): Map<number, Fields> {
  const listed = numbers(1, 38 + 2 * day).filter(n => n !== 5 || day === 1)
  return new Map(listed.map(n => [n, cardRecord(accountOf(directory, n), (n * 31 + day * (n % 4) * 17) % 240)]))
}

/**
 * A transaction of 1 to 130 on that day; 1 to 60 are older, 61 to 95 are of day 2, the rest of day 3. Every seventh gets its receipt a day
 * later.
 */
export function sampleTransaction(directory: Directory, n: number, day = firstDayOf(n)): Fields {
  const seconds = randomOf('sample time', n).int(0, 80_000)
  const occurred = n <= 60 ? firstDay - (60 - n) * dayLength - seconds * 1000 : firstDay + (firstDayOf(n) - 1) * dayLength + n * 500_000
  const purchase = purchaseOf(n)
  const account = accountOf(directory, ((purchase * 7) % cards) + 1)
  const paid = { ...account, budget: account.budget ?? budgetOf((purchase % 7) + 1) }
  const merchant = directory.merchants[purchase % 40] as Transaction['merchant']
  const t = { ...transactionOf(n, occurred, paid, merchant, randomOf('sample purchase', purchase)), ...foreign[n] }
  const late = n % 7 === 0 && day > firstDayOf(n)
  return transactionRecord(late ? { ...t, receipt: true, updated: firstDay + (day - 1) * dayLength + 30_000_000 } : t)
}

/** The faults of transactions, each in one of them, in any batch. */
export const spoiltTransactions: Record<number, keyof typeof dirt.transactions> = {
  10: 'amount as text',
  12: 'amount off by five',
  14: 'currency data null',
  16: 'currency ABC',
  18: 'currency 123',
  22: 'no exponent',
  24: 'no rate',
  25: 'no rate',
  26: 'occurred never',
  28: 'unknown card',
  29: 'unknown budget',
  32: 'gold without exponent',
  62: 'amount a NaN token',
  64: 'half an emoji',
  66: 'amount NaN',
  68: 'exponent nine',
  69: 'rate negative',
  70: 'id null',
  74: 'fees as text',
  98: 'type unseen',
  100: 'original amount with comma',
  102: 'occurred now',
  104: 'no original amount',
  110: 'id as number',
  112: 'huge transacted amount',
}

/** Foreign currencies that must occur, whatever was drawn. Pesos have no rate, neither in the record nor in a seed. */
const foreign: Record<number, Pick<Transaction, 'currency' | 'minorUnits'>> = {
  13: { currency: gbp, minorUnits: 8450 },
  24: { currency: gbp, minorUnits: 12_000 },
  25: { currency: { code: 'MXN', exponent: 2, symbol: '$', usd: 0.0562 }, minorUnits: 98_000 },
  30: { currency: jpy, minorUnits: 18_400 },
  34: { currency: bhd, minorUnits: 12_345 },
  69: { currency: gbp, minorUnits: 3999 },
  73: { currency: jpy, minorUnits: 990 },
  76: { currency: bhd, minorUnits: 45_500 },
}

const firstDayOf = (n: number) => (n <= 60 ? 1 : n <= 95 ? 2 : 3)

function accountOf(directory: Directory, n: number): Account {
  const card = cardOf(n)
  const status = { 4: 'FROZEN', 9: 'NOT_ACTIVATED', 30: 'FROZEN', 33: 'NOT_ACTIVATED' }[n] ?? 'ACTIVATED'
  return {
    user: sampleUser(directory, ((n - 1) % users) + 1),
    card: { ...card, status },
    budget: card.type === 'PHYSICAL' ? null : budgetOf((n % 7) + 1),
  }
}

const budgetOf = (n: number) => budgets[n - 1] as Budget

const budget = (n: number, name: string, more: Omit<Budget, 'id' | 'uuid' | 'name' | 'cleared' | 'pending'>): Budget => ({
  ...namedOf('Budget', 'bgt', 4400 + n, name),
  cleared: n * 31_415,
  pending: n % 2 === 0 ? 0 : 2750,
  ...more,
})

const january = { periodStart: '2026-01-01', periodEnd: '2026-02-01' }

const budgets: Budget[] = [
  budget(1, 'Travel (EMEA) & Events ', { interval: 'MONTHLY', limit: 5000, recurringLimit: 5000, startDate: '2025-04-23', ...january }),
  budget(2, 'Software', {
    interval: 'QUARTERLY',
    limit: 12_500.5,
    recurringLimit: 12_500.5,
    overspendBuffer: 10,
    startDate: '2024-01-01',
    periodStart: '2026-01-01',
    periodEnd: '2026-04-01',
  }),
  budget(3, 'Marketing', {
    interval: 'YEARLY',
    limit: 80_000,
    startDate: '2024-01-01',
    periodStart: '2026-01-01',
    periodEnd: '2027-01-01',
  }),
  budget(4, 'Office Supplies', { interval: 'MONTHLY', limit: 1000, recurringLimit: 1000, startDate: '2025-06-01', ...january }),
  budget(5, 'Team Lunches', { interval: 'WEEKLY', startDate: '2025-09-01', periodStart: '2026-01-05', periodEnd: '2026-01-12' }),
  budget(6, 'Contractors', {
    interval: 'NONE',
    limit: 20_000,
    description: 'One pot, no end',
    startDate: '2025-02-10',
    periodStart: '2025-02-10',
  }),
  budget(7, 'On Hold', { interval: 'MONTHLY', limit: 0, startDate: '2025-03-01', ...january }),
  budget(8, 'Office Move 2025', { interval: 'NONE', limit: 15_000, retired: true, startDate: '2025-01-01', periodStart: '2025-01-01' }),
  budget(9, 'Conferences', { interval: 'NONE', limitlessGoal: 30_000, startDate: '2025-05-05', periodStart: '2025-05-05' }),
  budget(10, 'Training', { interval: 'YEARLY', limit: 7500, startDate: '2026-01-06', periodStart: '2026-01-06', periodEnd: '2027-01-06' }),
]

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
