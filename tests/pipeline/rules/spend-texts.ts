import fc from 'fast-check'
import { cents, decimal, decimalText, shifted, times } from './decimal.ts'
import {
  billId,
  boolean,
  date,
  emails,
  fullText,
  longText,
  money,
  mostly,
  names,
  object,
  objectOf,
  type Text,
  text,
  timestamp,
} from './values.ts'

const budgetIds = ['QnVkZ2V0OjE=', 'QnVkZ2V0OjI=', 'qnVkZ2V0OjE=']
const cardIds = ['Q2FyZDox', 'Q2FyZDoy', 'Q2FyZDoz']
const transactionIds = ['VHg6MQ==', 'VHg6Mg==', 'VHg6Mw==', 'VHg6NA==', 'VHg6NQ==']
const userIds = ['VXNlcjox', 'VXNlcjoy', 'VXNlcjoz']

/** A record of users. */
export const user = objectOf({
  id: billId(userIds),
  uuid: text('usr_1'),
  firstName: mostly(['"Ann"', '"Dan"', '"Zo\u00eb"', undefined], ['""', '{}', '7']),
  lastName: mostly(['"Able"', '"Dale"', '"Ince"', undefined], ['" "', 'true']),
  email: mostly([...emails.map(email => JSON.stringify(email)), undefined], ['" bob@example.com "', '""', '{}', '5']),
  role: text('MEMBER', 'ADMIN'),
  retired: boolean,
  createdTime: timestamp,
})

const limit = mostly(['0', '500', '1200.50', '250', undefined], ['-1', '"750"', '"NaN"', '""', '"-5"'])

/** A record of budgets. */
export const budget = objectOf({
  id: billId(budgetIds),
  uuid: text('bgt_1', 'bgt_2'),
  name: text('Travel ', 'R&D (core)'),
  description: mostly([undefined, '"Trips"'], ['""']),
  retired: boolean,
  startDate: date,
  recurringInterval: text('NONE', 'MONTHLY'),
  timezone: text('America/New_York', 'asia/tokyo', 'Mars/Olympus'),
  recurringLimit: money,
  limitlessOverspend: mostly(['false', 'true', undefined], ['"true"', '"yes"']),
  currentPeriod: fc.oneof(
    {
      weight: 15,
      arbitrary: objectOf({
        startDate: date,
        endDate: date,
        limit,
        overspendBuffer: money,
        assigned: money,
        spent: fc.oneof(
          { weight: 15, arbitrary: objectOf({ cleared: money, pending: money, total: money }) },
          { weight: 1, arbitrary: fc.constantFrom<Text>('null', undefined, '5') },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom<Text>('null', undefined, '{}') },
  ),
})

/** A record of cards. */
export const card = objectOf({
  id: billId(cardIds),
  uuid: text('crd_1', 'crd_2'),
  name: mostly([undefined, '"Ads"'], ['""', '7']),
  userId: fc.oneof({ weight: 5, arbitrary: billId(userIds) }, { weight: 1, arbitrary: fc.constantFrom<Text>('null', undefined) }),
  userUuid: text('usr_1'),
  budgetId: mostly([undefined, undefined, ...[...budgetIds, 'QnVkZ2V0Ojk='].map(id => `"${id}"`)], ['""', '5', longText]),
  lastFour: mostly(['"0042"', '"1234"'], ['1234', '{}']),
  validThru: mostly(['"01/29"']),
  status: text('ACTIVATED', 'FROZEN', 'SUSPENDED'),
  type: text('PHYSICAL', 'VIRTUAL_VENDOR'),
  shareBudgetFunds: boolean,
  recurring: boolean,
  recurringLimit: money,
  currentPeriod: fc.oneof(
    { weight: 10, arbitrary: objectOf({ limit, spent: money }) },
    { weight: 3, arbitrary: fc.constantFrom<Text>(undefined, 'null') },
  ),
  createdTime: timestamp,
  updatedTime: timestamp,
})

/** Currencies with the exponent, rate and amount of the feed, each occasionally wrong. */
const transactionMoney = fc
  .record({
    currency: fc.constantFrom(
      ['USD', 2, '1'],
      ['GBP', 2, '1.27'],
      ['JPY', 0, '0.0067'],
      ['BHD', 3, '2.65'],
      ['XAU', 2, '2650.10'],
      ['ABC', 2, '1'],
    ),
    minor: fc.constantFrom('1050', '-500', '0', '123456789', '12345678901234567890123', '333'),
    dirty: fc.record({
      data: fc.oneof(mostly([undefined], ['"USD"', '[]']), mostly([undefined, undefined, undefined, 'absent', 'null'])),
      minor: mostly([undefined], ['"NaN"', '"abc"', '""', '"12 5"', 'true']),
      code: mostly([undefined], ['123', '""', '"usd"', '" USD "']),
      exponent: mostly([undefined], ['"2"', '2.0', '5', '-1', '2.5', '"x"', '""', 'absent']),
      rate: fc.oneof(mostly([undefined], ['0', '-1.5', '"1.2"', '"NaN"', '""']), mostly([undefined, 'absent'])),
      amount: mostly([undefined], ['99.99', '"10.50"', '"abc"', '0.01', 'absent', '1e400']),
    }),
  })
  .map(({ currency: [code, exponent, rate], minor, dirty }): Record<string, Text> => {
    const usd = decimalText(cents(times(shifted(decimal(minor), Number(exponent)), decimal(String(rate)))))
    const either = (bad: Text, good: string) => (bad === 'absent' ? undefined : (bad ?? good))
    return {
      amount: either(dirty.amount, usd),
      currencyData: either(
        dirty.data,
        object({
          originalCurrencyAmount: either(dirty.minor, `"${minor}"`),
          exponent: either(dirty.exponent, String(exponent)),
          originalCurrencyCode: either(dirty.code, `"${code}"`),
          symbol: '"¤"',
          exchangeRate: either(dirty.rate, String(rate)),
        }),
      ),
    }
  })

const transactionUuids = ['"txr_1"', '"txr_2"', '"txr_3"', '"txr_4"', '"txr_5"']

/** Fields of transactions besides payer and payee. */
const said = {
  budgetName: mostly(['"Travel "', '"Ads"', undefined], ['7', '""', '{}']),
  cardLastFour: mostly(['"0042"', '"7"', undefined], ['42', '[]']),
  cardType: text('PHYSICAL', 'VIRTUAL_MEMBER'),
  transactedAmount: money,
  foreignExchangeFee: money,
  isLocked: boolean,
  isReconciled: boolean,
  cardPresent: boolean,
  network: text('VISA'),
  receiptStatus: text('MISSING', 'ATTACHED'),
  receiptRequired: boolean,
  reviewRequired: boolean,
  originalAuthTransactionId: mostly([undefined, ...transactionIds.map(id => `"${id}"`)], ['5', longText]),
  parentTransactionId: mostly([undefined, undefined, undefined, ...transactionIds.map(id => `"${id}"`)], ['""']),
  parentTransactionUuid: mostly([undefined, undefined, undefined, undefined, ...transactionUuids], ['5', '{}']),
  matchedClearTransactionId: mostly([undefined, undefined, undefined, ...transactionIds.map(id => `"${id}"`)], ['""', longText]),
  matchedClearTransactionUuid: mostly([undefined, undefined, undefined, undefined, ...transactionUuids], ['7']),
  childTransactionIds: partsOf(transactionIds.map(id => `"${id}"`)),
  childTransactionUuids: partsOf(transactionUuids),
  merchantLocation: fc.oneof(
    {
      weight: 12,
      arbitrary: objectOf({ city: text('Oslo'), state: mostly([undefined, '"NY"'], ['5']), country: text('NOR', 'USA') }),
    },
    { weight: 2, arbitrary: fc.constantFrom<Text>(undefined, 'null', '"Oslo"', '[]') },
  ),
  customFields: fieldsWith('name', 'selectedValues', value => (value.startsWith('"odd') ? value : `{"id":"x","value":${value}}`)),
  tags: fieldsWith('tagType', 'selectedTagValues', value => value),
}

/** A list of parts: mostly absent or empty, else one or two, occasionally with elements that are not ids. */
function partsOf(ids: string[]): fc.Arbitrary<Text> {
  const element = mostly(ids, ['null', '""', '" "', '5', '{}', 'true', longText])
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Text>(undefined, '[]') },
    { weight: 6, arbitrary: fc.array(element, { minLength: 1, maxLength: 2 }).map(list => `[${list.join(',')}]`) },
    { weight: 1, arbitrary: fc.constantFrom<Text>('null', '{}', '"x"', '""') },
  )
}

/** Fields of a transaction with their selected values, in the old form or the new one. */
function fieldsWith(named: string, selected: string, write: (value: string) => string): fc.Arbitrary<Text> {
  const value = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('"Q1"', '"Q2"', '" Q1 "', '2026') },
    { weight: 2, arbitrary: fc.constantFrom('null', '""', 'true', '{}', '["a"]', '"odd"', longText, fullText) },
  )
  const name = text('Project', 'Team').map(text => (named === 'name' ? text : text && `{"name":${text}}`))
  const element = fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(name, mostly(['list'], ['{}', '"Q1"', undefined]), fc.array(value, { maxLength: 3 }))
        .map(([name, list, values]) => object({ [named]: name, [selected]: list === 'list' ? `[${values.map(write).join(',')}]` : list })),
    },
    { weight: 1, arbitrary: fc.constantFrom('null', '"Project"', '5', '[]', '{}') },
  )
  const elements = fc.array(element, { maxLength: 2 }).map(list => `[${list.join(',')}]`)
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Text>(undefined, '[]') },
    { weight: 5, arbitrary: elements },
    { weight: 1, arbitrary: fc.constantFrom<Text>('null', '{}', '"x"') },
  )
}

/** A record of transactions. */
export const transaction = fc
  .tuple(
    fc.record({
      id: billId(transactionIds),
      uuid: mostly(transactionUuids, ['""', undefined]),
      transactionType: mostly(
        ['"AUTHORIZATION"', '"AUTHORIZATION"', '"CLEAR"', '"CLEAR"', '"DECLINE"', '"OTHER"'],
        [undefined, '"REVERSAL"', '"REFUND"'],
      ),
      status: mostly([undefined, '"COMPLETE"']),
      originalAuthTransactionUuid: mostly([undefined, ...transactionUuids]),
      occurredTime: mostly(
        ['"2026-01-01T00:30:00.000+02:00"', '"2026-01-03T23:59:59.999Z"', '"2026-02-01T00:00:00.000+0000"'],
        ['"now"', '""', undefined],
      ),
      updatedTime: timestamp,
      userId: mostly([...userIds.map(id => `"${id}"`), undefined], ['""', '5']),
      userUuid: text('usr_1'),
      userName: mostly(
        [...names, ' ann   ABLE'].map(name => JSON.stringify(name)),
        ['""', undefined, '7', '{}'],
      ),
      budgetId: mostly([undefined, ...[...budgetIds, 'QnVkZ2V0Ojg='].map(id => `"${id}"`)], ['""', '5']),
      cardId: mostly([undefined, ...[...cardIds, 'Q2FyZDo5'].map(id => `"${id}"`)], ['""', '5']),
      merchantName: text('Coffee & Co', 'COFFEE  & co', 'Rail'),
      rawMerchantName: text('COFFEE*CO 001'),
      merchantCategoryCode: mostly(['"0742"', '"5812"'], ['5812']),
      fees: money,
      complete: boolean,
      declineReason: mostly([undefined, '"LIMIT"']),
      ...said,
    }),
    transactionMoney,
  )
  .map(([fields, amounts]) => object({ ...fields, ...amounts }))
