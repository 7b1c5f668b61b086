import { dayLength, type Fields, firstDay } from './helpdesk.ts'
import type { Merchant } from './people.ts'
import { hashOf, type Random } from './random.ts'

/** Who pays with which card from which budget: cards and transactions name all three. */
export interface Account {
  user: Named
  card: Card
  budget: Named | null
}

/** Something with two ids, and a name. */
export interface Named {
  id: string
  uuid: string
  name: string
}

export interface Card {
  id: string
  uuid: string
  /** Text, as leading zeros count. */
  lastFour: string
  validThru: string
  type: 'PHYSICAL' | 'VIRTUAL_MEMBER' | 'VIRTUAL_VENDOR'
  status: string
}

/** A budget on one day; without a limit it is unlimited. */
export interface Budget extends Named {
  interval: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'QUARTERLY' | 'YEARLY'
  limit?: number
  recurringLimit?: number
  overspendBuffer?: number
  description?: string
  limitlessGoal?: number
  retired?: boolean
  startDate: string
  periodStart: string
  periodEnd?: string
  /** In cents. */
  cleared: number
  pending: number
}

/** A transaction on one day. */
export interface Transaction {
  number: number
  kind: 'AUTHORIZATION' | 'CLEAR' | 'DECLINE' | 'OTHER'
  currency: Currency
  /** In the currency's minor units; negative for refunds. */
  minorUnits: number
  /** Milliseconds since 1970. */
  occurred: number
  updated: number
  receipt: boolean
  account: Account
  merchant: Merchant
  /** The number of the AUTHORIZATION that this CLEAR settles, or of the CLEAR that settled this AUTHORIZATION. */
  authorization?: number
  clear?: number
  declineReason?: string
}

export interface Currency {
  code: string
  exponent: number
  symbol: string
  usd: number
}

export const usd: Currency = { code: 'USD', exponent: 2, symbol: '$', usd: 1 }
export const gbp: Currency = { code: 'GBP', exponent: 2, symbol: '£', usd: 1.3487 }
export const jpy: Currency = { code: 'JPY', exponent: 0, symbol: '¥', usd: 0.006394 }
export const bhd: Currency = { code: 'BHD', exponent: 3, symbol: 'BD', usd: 2.6526 }
const currencies = [
  gbp,
  jpy,
  bhd,
  { code: 'EUR', exponent: 2, symbol: '€', usd: 1.1722 },
  { code: 'CAD', exponent: 2, symbol: '$', usd: 0.7289 },
]
const declineReasons = ['INSUFFICIENT_FUNDS', 'CARD_FROZEN', 'MERCHANT_NOT_ALLOWED', 'INCORRECT_CVV']

/** `User:12` in base64. */
export const idOf = (type: string, n: number) => Buffer.from(`${type}:${n}`).toString('base64')

/** A prefix and 26 characters. */
export function uuidOf(prefix: string, n: number): string {
  let text = ''
  for (let part = 0; part < 4; part++) text += hashOf(part, n).toString(32).padStart(7, '0')
  return `${prefix}_${text.slice(0, 26).toUpperCase()}`
}

/** An instant in the spend system's format: milliseconds and `+00:00`. */
export const spendInstant = (at: number) => `${new Date(at).toISOString().slice(0, -1)}+00:00`

export const namedOf = (type: string, prefix: string, n: number, name: string): Named => ({
  id: idOf(type, n),
  uuid: uuidOf(prefix, n),
  name,
})

/** The n-th card: 11 of 20 are physical and have no budget. */
export function cardOf(n: number): Card {
  const type = n % 20 < 11 ? 'PHYSICAL' : n % 3 === 0 ? 'VIRTUAL_VENDOR' : 'VIRTUAL_MEMBER'
  return {
    id: idOf('Card', 710_000 + n),
    uuid: uuidOf('crd', n),
    lastFour: String((n * 1237) % 10_000).padStart(4, '0'),
    validThru: `${String((n % 12) + 1).padStart(2, '0')}/${28 + (n % 3)}`,
    type,
    status: 'ACTIVATED',
  }
}

/** The number whose random source the n-th transaction uses: a CLEAR has the amount of its AUTHORIZATION. */
export const purchaseOf = (n: number) => (n % 20 === 1 || n % 20 === 3 ? n - 1 : n)

/**
 * The n-th transaction: of twenty, two pairs of an AUTHORIZATION and the CLEAR that refers to it, a DECLINE and a refund; the rest are
 * CLEAR, occasionally OTHER. One of eight is in a foreign currency. `random` and `account` are those of its purchase.
 */
export function transactionOf(n: number, occurred: number, account: Account, merchant: Merchant, random: Random): Transaction {
  const place = n % 20
  const currency = random.chance(0.875) ? usd : random.pick(currencies)
  const amount = Math.exp(random.next() * 5 + 1)
  const shared = {
    number: n,
    currency,
    minorUnits: Math.round((amount / currency.usd) * 10 ** currency.exponent) * (place === 11 ? -1 : 1),
    occurred,
    updated: occurred + random.int(1, 600) * 1000,
    receipt: random.chance(0.4),
    account,
    merchant,
  }
  if (place === 0 || place === 2) return { ...shared, kind: 'AUTHORIZATION', clear: n + 1 }
  if (place === 1 || place === 3) return { ...shared, kind: 'CLEAR', authorization: n - 1 }
  if (place === 7) return { ...shared, kind: 'DECLINE', declineReason: random.pick(declineReasons) }
  return { ...shared, kind: n % 100 === 19 ? 'OTHER' : 'CLEAR' }
}

/** A record of transactions. Missing values are undefined, which JSON omits: absent, never null. */
export function transactionRecord(t: Transaction): Fields {
  const { account, currency, merchant, number } = t
  const amount = Math.round((t.minorUnits / 10 ** currency.exponent) * currency.usd * 100) / 100
  return {
    id: idOf('Transaction', number),
    uuid: uuidOf('txr', number),
    transactionType: t.kind,
    status: t.kind === 'CLEAR' ? 'COMPLETE' : undefined,
    amount,
    transactedAmount: amount,
    fees: currency === usd ? 0 : Math.round(Math.abs(amount) * 0.9) / 100,
    currencyData: {
      originalCurrencyAmount: String(t.minorUnits),
      exponent: currency.exponent,
      originalCurrencyCode: currency.code,
      symbol: currency.symbol,
      exchangeRate: currency.usd,
    },
    userId: account.user.id,
    userUuid: account.user.uuid,
    userName: account.user.name,
    budgetId: account.budget?.id,
    budgetUuid: account.budget?.uuid,
    budgetName: account.budget?.name,
    cardId: account.card.id,
    cardUuid: account.card.uuid,
    cardLastFour: account.card.lastFour,
    cardType: account.card.type,
    merchantName: merchant.name,
    rawMerchantName: merchant.rawName,
    merchantCategoryCode: merchant.categoryCode,
    merchantLocation: merchant.location,
    occurredTime: spendInstant(t.occurred),
    updatedTime: spendInstant(t.updated),
    isLocked: false,
    isReconciled: false,
    isParent: false,
    complete: t.receipt,
    receiptRequired: true,
    reviewRequired: false,
    cardPresent: account.card.type === 'PHYSICAL',
    childTransactionIds: [],
    childTransactionUuids: [],
    reviews: [],
    tags: number % 25 === 9 ? [{ tagType: { name: 'Project' }, selectedTagValues: [projects[number % 3]] }] : [],
    customFields: number % 10 === 4 ? [customField(number, 'Project'), customField(number, 'Cost centre')] : [],
    reviewers: [],
    receiptStatus: t.receipt ? 'ATTACHED' : 'MISSING',
    receiptSyncStatus: 'NOT_SYNCED',
    network: 'VISA',
    clearingReference: String(hashOf(number) % 1_000_000_000).padStart(19, '0'),
    declineReason: t.declineReason,
    declineInternalReasonCode: t.declineReason && `D-${t.declineReason.length}`,
    originalAuthTransactionId: t.authorization === undefined ? undefined : idOf('Transaction', t.authorization),
    originalAuthTransactionUuid: t.authorization === undefined ? undefined : uuidOf('txr', t.authorization),
    matchedClearTransactionId: t.clear === undefined ? undefined : idOf('Transaction', t.clear),
  }
}

const projects = ['Atlas', 'Borealis', 'Cedar']

/** A custom field of the company, with its selected value. */
function customField(number: number, name: string): Fields {
  const value = name === 'Project' ? projects[number % 3] : String(4100 + (number % 4) * 10)
  return {
    id: idOf('CustomField', name.length),
    uuid: uuidOf('cfd', name.length),
    name,
    selectedValues: [{ id: idOf('CustomFieldValue', number % 4), uuid: uuidOf('cfv', number % 4), value }],
  }
}

/** A record of users. */
export function userRecord(user: Named, email: string | undefined, made: number): Fields {
  const [, firstName, lastName] = /^(.*?) ?(\S*)$/.exec(user.name.trim()) ?? []
  return {
    id: user.id,
    uuid: user.uuid,
    firstName,
    lastName,
    email,
    role: made % 12 === 0 ? 'ADMIN' : made % 7 === 0 ? 'BOOKKEEPER' : 'MEMBER',
    retired: false,
    createdTime: spendInstant(firstDay - (100 + (made % 300)) * dayLength),
  }
}

/** A record of cards. Only virtual cards have a name and a budget; spending does not change updatedTime. */
export function cardRecord({ user, card, budget }: Account, spent: number): Fields {
  const made = firstDay - (hashOf('card', card.id) % 400) * dayLength
  return {
    id: card.id,
    uuid: card.uuid,
    userId: user.id,
    userUuid: user.uuid,
    ...(card.type === 'PHYSICAL' ? {} : { name: `${user.name.trim().split(' ')[0]} ${card.lastFour}` }),
    lastFour: card.lastFour,
    validThru: card.validThru,
    status: card.status,
    type: card.type,
    ...(card.type === 'PHYSICAL' || !budget ? {} : virtualPart(card, budget, spent)),
    createdTime: spendInstant(made),
    updatedTime: spendInstant(made + 3_600_000),
  }
}

/** A record of budgets. */
export function budgetRecord(b: Budget): Fields {
  return {
    id: b.id,
    uuid: b.uuid,
    name: b.name,
    ...(b.description === undefined ? {} : { description: b.description }),
    retired: b.retired ?? false,
    default: false,
    startDate: b.startDate,
    recurringInterval: b.interval,
    timezone: 'America/Denver',
    ...(b.recurringLimit === undefined ? {} : { recurringLimit: b.recurringLimit }),
    ...(b.limitlessGoal === undefined ? {} : { limitlessGoal: b.limitlessGoal }),
    autoAddUsers: false,
    receiptRequired: true,
    carryOver: false,
    budgetGroup: false,
    shareFunds: true,
    limitlessOverspend: b.limit === undefined,
    currentPeriod: {
      startDate: b.periodStart,
      ...(b.periodEnd === undefined ? {} : { endDate: b.periodEnd }),
      ...(b.limit === undefined ? {} : { limit: b.limit }),
      ...(b.overspendBuffer === undefined ? {} : { overspendBuffer: b.overspendBuffer }),
      assigned: b.limit ?? 0,
      spent: { cleared: b.cleared / 100, pending: b.pending / 100, total: (b.cleared + b.pending) / 100 },
    },
  }
}

function virtualPart(card: Card, budget: Named, spent: number): Fields {
  const recurring = card.type === 'VIRTUAL_VENDOR'
  return {
    budgetId: budget.id,
    budgetUuid: budget.uuid,
    shareBudgetFunds: !recurring,
    recurring,
    ...(recurring ? { recurringLimit: 250 } : {}),
    currentPeriod: { limit: recurring ? 250 : 1000, spent },
  }
}
