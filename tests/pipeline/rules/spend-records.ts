import { absolute, cents, compareDecimals, decimal, decimalText, minus, shifted, times } from './decimal.ts'
import { type Finding, fieldsOf, isMissing, memberAt } from './fields.ts'
import type { JsonObject } from './json.ts'
import type { Content, Row } from './records.ts'
import type { Seeds } from './seeds.ts'
import { isTimeZone } from './spend-kinds.ts'
import { readParts, readTags } from './tags.ts'

/** Reads the records of spend, by R11 to R15, R18 and R26. */
export const judgeSpend = {
  users: (record: JsonObject, findings: Finding[], _seeds: Seeds): Content => {
    const { optional } = fieldsOf(record, findings)
    const [first_name, last_name] = [optional('firstName', 'text'), optional('lastName', 'text')]
    const email = optional('email', 'text')
    const name = [first_name, last_name].filter(part => part !== null).join(' ') || null
    if (name === null && email === null) findings.push({ severity: 'error', type: 'missing_value', field: 'email' })
    return {
      values: {
        user_uuid: optional('uuid', 'text'),
        name,
        first_name,
        last_name,
        email,
        role: optional('role', 'text'),
        is_retired: optional('retired', 'boolean'),
        created_at: optional('createdTime', 'timestamp'),
      },
    }
  },

  budgets: (record: JsonObject, findings: Finding[], _seeds: Seeds): Content => {
    const { optional, required, expected, object } = fieldsOf(record, findings)
    const values: Row = {
      budget_uuid: optional('uuid', 'text'),
      name: required('name', 'text'),
      description: optional('description', 'text'),
      is_retired: optional('retired', 'boolean'),
      is_limitless: optional('limitlessOverspend', 'boolean'),
      start_date: optional('startDate', 'date'),
      recurring_interval: optional('recurringInterval', 'text'),
      timezone: optional('timezone', 'text'),
      recurring_limit: optional('recurringLimit', 'numeric'),
    }
    if (values.timezone && !isTimeZone(values.timezone)) findings.push({ severity: 'warning', type: 'invalid_value', field: 'timezone' })
    object('currentPeriod', false)
    object('currentPeriod.spent', false)
    const isBroken = findings.some(({ field }) => field === 'currentPeriod')
    const limitOf = values.is_limitless === 'true' || isBroken ? optional : expected
    return {
      values: {
        ...values,
        limit_amount: notNegative(limitOf('currentPeriod.limit', 'numeric'), findings),
        overspend_buffer: optional('currentPeriod.overspendBuffer', 'numeric'),
        assigned_amount: optional('currentPeriod.assigned', 'numeric'),
        spent_cleared: optional('currentPeriod.spent.cleared', 'numeric'),
        spent_pending: optional('currentPeriod.spent.pending', 'numeric'),
        spent_total: optional('currentPeriod.spent.total', 'numeric'),
        period_start_date: optional('currentPeriod.startDate', 'date'),
        period_end_date: optional('currentPeriod.endDate', 'date'),
      },
    }
  },

  cards: (record: JsonObject, findings: Finding[], _seeds: Seeds): Content => {
    const { optional, required, expected, object } = fieldsOf(record, findings)
    object('currentPeriod', false)
    return {
      values: {
        card_uuid: optional('uuid', 'text'),
        name: optional('name', 'text'),
        user_id: optional('userId', 'reference'),
        user_uuid: optional('userUuid', 'text'),
        budget_id: optional('budgetId', 'reference'),
        last_four: optional('lastFour', 'text'),
        valid_thru: optional('validThru', 'text'),
        status: required('status', 'text'),
        card_type: required('type', 'text'),
        is_budget_shared: optional('shareBudgetFunds', 'boolean'),
        is_recurring: optional('recurring', 'boolean'),
        recurring_limit: optional('recurringLimit', 'numeric'),
        current_limit: notNegative(optional('currentPeriod.limit', 'numeric'), findings),
        current_spent: optional('currentPeriod.spent', 'numeric'),
        created_at: expected('createdTime', 'timestamp'),
        updated_at: optional('updatedTime', 'timestamp'),
      },
    }
  },

  transactions: (record: JsonObject, findings: Finding[], seeds: Seeds): Content => {
    const { optional, required, object } = fieldsOf(record, findings)
    const values: Row = {
      transaction_uuid: optional('uuid', 'text'),
      transaction_type: optional('transactionType', 'text'),
      status: optional('status', 'text'),
      occurred_at: required('occurredTime', 'timestamp'),
      updated_at: optional('updatedTime', 'timestamp'),
      user_id: optional('userId', 'reference'),
      user_uuid: optional('userUuid', 'text'),
      user_name: optional('userName', 'text'),
      card_id: optional('cardId', 'reference'),
      budget_id: optional('budgetId', 'reference'),
      card_last_four: optional('cardLastFour', 'text'),
      card_type: optional('cardType', 'text'),
      budget_name: optional('budgetName', 'text'),
      merchant_name: optional('merchantName', 'text'),
      raw_merchant_name: optional('rawMerchantName', 'text'),
      merchant_category_code: optional('merchantCategoryCode', 'text'),
      merchant_city: optional('merchantLocation.city', 'text'),
      merchant_state: optional('merchantLocation.state', 'text'),
      merchant_country: optional('merchantLocation.country', 'text'),
      transacted_amount: optional('transactedAmount', 'numeric'),
      fees: optional('fees', 'numeric'),
      foreign_exchange_fee: optional('foreignExchangeFee', 'numeric'),
      is_complete: optional('complete', 'boolean'),
      is_locked: optional('isLocked', 'boolean'),
      is_reconciled: optional('isReconciled', 'boolean'),
      is_card_present: optional('cardPresent', 'boolean'),
      network: optional('network', 'text'),
      receipt_status: optional('receiptStatus', 'text'),
      is_receipt_required: optional('receiptRequired', 'boolean'),
      is_review_required: optional('reviewRequired', 'boolean'),
      decline_reason: optional('declineReason', 'text'),
      original_auth_transaction_uuid: optional('originalAuthTransactionUuid', 'reference'),
      original_auth_transaction_id: optional('originalAuthTransactionId', 'reference'),
      parent_transaction_id: optional('parentTransactionId', 'reference'),
      parent_transaction_uuid: optional('parentTransactionUuid', 'reference'),
      matched_clear_transaction_id: optional('matchedClearTransactionId', 'reference'),
      matched_clear_transaction_uuid: optional('matchedClearTransactionUuid', 'reference'),
    }
    object('merchantLocation', false)
    return {
      values: { ...values, ...readAmounts(record, findings, values.occurred_at ?? null, seeds) },
      tags: readTags(record, findings),
      parts: readParts(record, findings),
    }
  },
}

/** R26: the amount in its currency, the rate, the amount in dollars; with the findings of R14 and R18. */
export function readAmounts(record: JsonObject, findings: Finding[], occurredAt: string | null, seeds: Seeds): Row {
  const { optional, required, object } = fieldsOf(record, findings)
  if (isMissing(memberAt(record, 'currencyData'))) return readDollars()
  const feedAmount = optional('amount', 'numeric')
  if (!object('currencyData', true)) return {}
  const amount = required('currencyData.originalCurrencyAmount', 'minorUnits')
  const code = required('currencyData.originalCurrencyCode', 'text')
  const currency = seeds.currencies.find(row => row.code === code)
  if (code !== null && !currency) error('unknown_currency', 'currencyData.originalCurrencyCode')

  const exponent = readExponent()
  const rate = readRate()
  if (amount === null || exponent === null) return {}
  const original = shifted(decimal(amount), exponent)

  const source = rateOf(rate, code, occurredAt, seeds)
  if (!source) warn('missing_value', 'currencyData.exchangeRate')
  const usd = source ? decimalText(cents(times(original, decimal(source.rate)))) : feedAmount
  if (usd !== null && feedAmount !== null && compareDecimals(absolute(minus(decimal(usd), decimal(feedAmount))), decimal('0.01')) > 0)
    warn('amount_mismatch', 'amount')
  return {
    billed_amount: feedAmount,
    original_amount: decimalText(original),
    original_currency: code,
    exchange_rate: source?.rate ?? null,
    amount_usd: usd,
    fx_source: source?.from ?? (feedAmount === null ? null : 'amount'),
  }

  /** R14: without currencyData the amount is in dollars, and one finding reports if it is missing, too. */
  function readDollars(): Row {
    const isKnown = !isMissing(memberAt(record, 'amount'))
    findings.push({ severity: isKnown ? 'warning' : 'error', type: 'missing_value', field: 'currencyData' })
    if (!isKnown) return {}
    const amount = required('amount', 'numeric')
    return { billed_amount: amount, amount_usd: amount, fx_source: 'amount' }
  }

  /** 0 to 4; by default the currency's minor units. For an unknown currency there is no further finding. */
  function readExponent(): number | null {
    const field = 'currencyData.exponent'
    if (!isMissing(memberAt(record, field))) {
      const exponent = required(field, 'int')
      if (exponent === null || (+exponent >= 0 && +exponent <= 4)) return exponent === null ? null : +exponent
      error('invalid_value', field)
      return null
    }
    if (!currency) return null
    if (currency.minor_units !== '') warn('missing_value', field)
    else error('missing_value', field)
    return currency.minor_units === '' ? null : +currency.minor_units
  }

  function readRate(): string | null {
    const field = 'currencyData.exchangeRate'
    const rate = optional(field, 'numeric')
    if (rate === null || compareDecimals(decimal(rate), decimal('0')) > 0) return rate
    const said = findings.findIndex(finding => finding.field === field)
    if (said >= 0) findings.splice(said, 1)
    warn('invalid_value', field)
    return null
  }

  function error(type: string, field: string): void {
    findings.push({ severity: 'error', type, field })
  }

  function warn(type: string, field: string): void {
    findings.push({ severity: 'warning', type, field })
  }
}

/** The record's rate, else 1 for dollars, else the seed's newest on or before the day. */
export function rateOf(
  rate: string | null,
  code: string | null,
  occurredAt: string | null,
  seeds: Seeds,
): { rate: string; from: string } | null {
  if (rate !== null) return { rate, from: 'feed' }
  if (code === 'USD') return { rate: '1', from: 'par' }
  const known = seeds.exchange_rates.filter(row => row.currency === code && occurredAt && row.rate_date <= occurredAt.slice(0, 10))
  const newest = known.sort((a, b) => (a.rate_date < b.rate_date ? -1 : 1)).at(-1)
  return newest ? { rate: decimalText(decimal(newest.usd_per_unit)), from: 'seed' } : null
}

/** R15: a negative limit is an error. */
export function notNegative(limit: string | null, findings: Finding[]): string | null {
  if (limit?.startsWith('-')) findings.push({ severity: 'error', type: 'invalid_value', field: 'currentPeriod.limit' })
  return limit
}
