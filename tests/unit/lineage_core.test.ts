import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { compiledNodes } from '../../run/docs/datacompiled.ts'
import { lineageOf } from '../../run/docs/datalineage.ts'
import type { Lineage } from '../../run/lineage/project.ts'
import { pathLabel } from '../../run/lineage/value.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'

// Where each column of core comes from, written down from the contract of the warehouse and of the feed, not from the SQL. `agents type`
// is the key `type` of the records of agents. `batch` is the name of a batch, `date` its day: from its name or from seeds/sync_batches.csv.
const batch = ['batch']
const date = ['batch', 'sync_batches sync_date']
const both = (path: string) => [`agents ${path}`, `agent_details ${path}`]
const agentId = both('id')
const matchedAgent = [...agentId, 'user_agent_overrides agent_id']
const userName = ['users firstName', 'users lastName']
const channel = (path: string) => [`agent_availability channel_availability[].${path}`, `agent_details availability[].${path}`]
const money = (path: string) => `transactions ${path}`

const CORE: Record<string, Record<string, string[]>> = {
  agents: {
    agent_id: agentId,
    name: both('contact.name'),
    email: both('contact.email'),
    job_title: both('contact.job_title'),
    language: both('contact.language'),
    time_zone: both('contact.time_zone'),
    phone: both('contact.phone'),
    mobile: both('contact.mobile'),
    agent_type: both('type'),
    is_available: both('available'),
    available_since: both('available_since'),
    operational_status: both('agent_operational_status'),
    is_occasional: both('occasional'),
    is_focus_mode: both('focus_mode'),
    is_verified: both('contact.active'),
    is_deactivated: both('deactivated'),
    // R20: listed in the latest batch that takes part (where there is any), and not deactivated.
    is_active: [...agentId, ...both('deactivated'), 'rows of batches'],
    created_at: both('created_at'),
    updated_at: both('updated_at'),
    last_active_at: both('last_active_at'),
    first_seen_on: date,
    last_seen_on: date,
    source: batch,
  },
  agent_details: {
    agent_id: agentId,
    org_agent_id: both('org_agent_id'),
    ticket_scope: [...both('ticket_scope'), ...both('scope')],
    signature: both('signature'),
    avatar: both('contact.avatar'),
    last_login_at: both('contact.last_login_at'),
    is_freshchat_agent: both('freshchat_agent'),
    skill_ids: both('skill_ids'),
    source: batch,
  },
  groups: {
    group_id: ['admin_groups id'],
    name: ['admin_groups name'],
    description: ['admin_groups description'],
    // Null where no group has that id: the value is in both.
    parent_group_id: ['admin_groups parent_group_id', 'admin_groups id'],
    group_type: ['admin_groups type'],
    escalate_to_agent_id: ['admin_groups escalate_to', ...agentId],
    unassigned_for: ['admin_groups unassigned_for'],
    business_calendar_id: ['admin_groups business_calendar_id'],
    is_listed: ['admin_groups id'],
    // R22: it is listed, and it is one of the groups with an active member below: which groups these are is decided by conditions.
    is_active: ['admin_groups id', 'admin_groups parent_group_id'],
    created_at: ['admin_groups created_at'],
    updated_at: ['admin_groups updated_at'],
    first_seen_on: date,
    last_seen_on: date,
    source: batch,
  },
  group_membership: {
    group_id: ['admin_groups id'],
    // R16: an element that is the id of an agent.
    agent_id: ['admin_groups agent_ids[]', ...agentId],
    joined_on: date,
    source: batch,
  },
  roles: {
    role_id: ['roles id'],
    name: ['roles name'],
    description: ['roles description'],
    is_default: ['roles default'],
    agent_type: ['roles agent_type'],
    is_listed: ['roles id', 'rows of batches'],
    created_at: ['roles created_at'],
    updated_at: ['roles updated_at'],
    first_seen_on: date,
    last_seen_on: date,
    source: batch,
  },
  agent_role_mapping: {
    agent_id: agentId,
    // R16: an element that is the id of a role.
    role_id: [...both('role_ids[]'), 'roles id'],
    // Removed where there is a day of removal.
    status: date,
    assigned_at: date,
    removed_at: date,
    source: batch,
  },
  agent_role_history: {
    agent_id: agentId,
    // R16: an element that is the id of a role.
    role_id: [...both('role_ids[]'), 'roles id'],
    action_at: date,
    is_from_start: date,
    // A row for each start, and one for each end.
    action: [],
    source: batch,
  },
  agent_availability: {
    agent_id: ['agent_availability id', 'agent_availability agent_ref', 'agent_details id'],
    channel: channel('channel'),
    is_available: channel('available'),
    available_since: [...channel('available_since'), ...channel('availability_updated_at')],
    observed_on: date,
    assignment_limit: channel('assignment_limit'),
    current_load: channel('current_assignment_load'),
    is_logged_in: channel('logged_in'),
    status_id: channel('status_id'),
    source: batch,
  },
  agent_status_history: {
    agent_id: agentId,
    sync_date: date,
    // R25: listed in the batch of the day.
    is_active: [...both('deactivated'), ...agentId, ...batch],
    is_deactivated: both('deactivated'),
    is_listed: [...agentId, ...batch],
    operational_status: both('agent_operational_status'),
    is_available: both('available'),
    source: batch,
  },
  user_agent_mapping: {
    user_id: ['users id', 'cards userId', 'transactions userId'],
    agent_id: matchedAgent,
    user_name: [...userName, 'transactions userName'],
    source: batch,
    // Whether there is an override to a known agent for the user, else whether the user's email, else the name, is that of one agent and of no
    // other user: that is counted over all users.
    matched_by: [
      'user_agent_overrides user_id',
      'user_agent_overrides agent_id',
      'users id',
      'users email',
      ...userName,
      'rows of users',
      'rows of cards',
      'rows of transactions',
      'rows of batches',
      'cards userId',
      'transactions userId',
      'transactions userName',
      ...both('contact.email'),
      ...both('contact.name'),
      ...agentId,
    ],
  },
  spend_users: {
    user_id: ['users id'],
    user_uuid: ['users uuid'],
    name: userName,
    first_name: ['users firstName'],
    last_name: ['users lastName'],
    email: ['users email'],
    role: ['users role'],
    is_retired: ['users retired'],
    created_at: ['users createdTime'],
    is_listed: ['users id', 'rows of batches'],
    first_seen_on: date,
    last_seen_on: date,
    source: batch,
  },
  budgets: {
    // Or what a card or transaction names (R19).
    budget_id: ['budgets id', 'cards budgetId', 'transactions budgetId'],
    budget_uuid: ['budgets uuid'],
    name: ['budgets name', money('budgetName')],
    description: ['budgets description'],
    is_retired: ['budgets retired'],
    is_limitless: ['budgets limitlessOverspend'],
    start_date: ['budgets startDate'],
    recurring_interval: ['budgets recurringInterval'],
    timezone: ['budgets timezone'],
    recurring_limit: ['budgets recurringLimit'],
    limit_amount: ['budgets currentPeriod.limit'],
    overspend_buffer: ['budgets currentPeriod.overspendBuffer'],
    assigned_amount: ['budgets currentPeriod.assigned'],
    spent_cleared: ['budgets currentPeriod.spent.cleared'],
    spent_pending: ['budgets currentPeriod.spent.pending'],
    spent_total: ['budgets currentPeriod.spent.total'],
    period_start_date: ['budgets currentPeriod.startDate'],
    period_end_date: ['budgets currentPeriod.endDate'],
    is_listed: ['budgets id', 'rows of batches', 'cards budgetId', money('budgetId')],
    // R19: a card or transaction names it, and no batch holds it.
    is_inferred: ['budgets id', 'cards budgetId', 'transactions budgetId'],
    first_seen_on: date,
    last_seen_on: date,
    source: batch,
  },
  cards: {
    card_id: ['cards id', 'transactions cardId'],
    card_uuid: ['cards uuid'],
    name: ['cards name'],
    user_id: ['cards userId', money('userId')],
    user_uuid: ['cards userUuid'],
    agent_id: matchedAgent,
    budget_id: ['cards budgetId'],
    last_four: ['cards lastFour', money('cardLastFour')],
    valid_thru: ['cards validThru'],
    status: ['cards status'],
    card_type: ['cards type', money('cardType')],
    is_budget_shared: ['cards shareBudgetFunds'],
    is_recurring: ['cards recurring'],
    recurring_limit: ['cards recurringLimit'],
    current_limit: ['cards currentPeriod.limit'],
    current_spent: ['cards currentPeriod.spent'],
    created_at: ['cards createdTime'],
    updated_at: ['cards updatedTime'],
    is_listed: ['cards id', 'rows of batches', money('cardId')],
    is_active: ['cards id', 'rows of batches', 'cards status'],
    is_inferred: ['cards id', 'transactions cardId'],
    first_seen_on: date,
    last_seen_on: date,
    source: batch,
  },
  transactions: {
    transaction_id: [money('id')],
    transaction_uuid: [money('uuid')],
    transaction_type: [money('transactionType')],
    status: [money('status')],
    occurred_at: [money('occurredTime')],
    updated_at: [money('updatedTime')],
    user_id: [money('userId')],
    user_uuid: [money('userUuid')],
    user_name: [money('userName')],
    agent_id: matchedAgent,
    card_id: [money('cardId')],
    budget_id: [money('budgetId')],
    merchant_name: [money('merchantName')],
    raw_merchant_name: [money('rawMerchantName')],
    merchant_category_code: [money('merchantCategoryCode')],
    // R14, R26: in minor units, by the exponent of the record or of its currency.
    original_amount: [money('currencyData.originalCurrencyAmount'), money('currencyData.exponent'), 'currencies minor_units'],
    original_currency: [money('currencyData.originalCurrencyCode')],
    exchange_rate: [money('currencyData.exchangeRate'), money('currencyData.originalCurrencyCode'), 'exchange_rates usd_per_unit'],
    amount_usd: [
      money('currencyData.originalCurrencyAmount'),
      money('currencyData.exponent'),
      'currencies minor_units',
      money('currencyData.exchangeRate'),
      money('currencyData.originalCurrencyCode'),
      'exchange_rates usd_per_unit',
      money('amount'),
    ],
    fx_source: [
      money('currencyData.exchangeRate'),
      money('currencyData.originalCurrencyCode'),
      'exchange_rates usd_per_unit',
      money('amount'),
    ],
    billed_amount: [money('amount')],
    transacted_amount: [money('transactedAmount')],
    fees: [money('fees')],
    foreign_exchange_fee: [money('foreignExchangeFee')],
    is_complete: [money('complete')],
    is_locked: [money('isLocked')],
    is_reconciled: [money('isReconciled')],
    is_card_present: [money('cardPresent')],
    network: [money('network')],
    receipt_status: [money('receiptStatus')],
    is_receipt_required: [money('receiptRequired')],
    is_review_required: [money('reviewRequired')],
    merchant_city: [money('merchantLocation.city')],
    merchant_state: [money('merchantLocation.state')],
    merchant_country: [money('merchantLocation.country')],
    decline_reason: [money('declineReason')],
    original_auth_transaction_uuid: [money('originalAuthTransactionUuid')],
    original_auth_transaction_id: [money('originalAuthTransactionId')],
    parent_transaction_id: [money('parentTransactionId')],
    parent_transaction_uuid: [money('parentTransactionUuid')],
    matched_clear_transaction_id: [money('matchedClearTransactionId')],
    matched_clear_transaction_uuid: [money('matchedClearTransactionUuid')],
    // R31: its type, and what it and others say of each other.
    spend_kind: [
      money('transactionType'),
      money('id'),
      ...['originalAuth', 'parent', 'matchedClear'].flatMap(what => [money(`${what}TransactionId`), money(`${what}TransactionUuid`)]),
      money('childTransactionIds[]'),
      money('childTransactionUuids[]'),
      'spend_kinds spend_kind',
    ],
    spent_on: [money('occurredTime'), 'budgets timezone'],
    source: batch,
  },
  transaction_tags: {
    transaction_id: [money('id')],
    name: [money('customFields[].name'), money('tags[].tagType.name')],
    // What is selected and no object gives none.
    value: [money('customFields[].selectedValues[].value'), money('customFields[].selectedValues[]'), money('tags[].selectedTagValues[]')],
    source: batch,
  },
}

let lineage: Lineage
beforeAll(async () => {
  const project = parseProject(await loadProject(join(import.meta.dirname, '../..')))
  const { texts, errors } = await compiledNodes(project, {})
  expect(errors).toEqual([])
  lineage = await lineageOf(project, texts, null)
})

describe('columns of core, by hand and by the tracer', () => {
  for (const [table, columns] of Object.entries(CORE))
    it(table, () => {
      const traced = lineage.relations.get(`model.deskledger.${table}`)!.columns
      const found = Object.fromEntries(traced.map(({ name, origins }) => [name, [...new Set(origins.map(originOf))].sort()]))
      expect(found).toEqual(Object.fromEntries(Object.entries(columns).map(([name, origins]) => [name, [...new Set(origins)].sort()])))
    })
})

it('traces every column of the project', () => {
  const all = [...lineage.relations]
    .filter(([id]) => id.startsWith('model.'))
    .flatMap(([id, { columns }]) => columns.map(column => ({ id, ...column })))
  expect(all.length).toBeGreaterThan(800)
  expect(all.filter(({ notTraced }) => notTraced !== null)).toEqual([])
  expect([...lineage.relations.values()].filter(({ notTraced }) => notTraced !== null)).toEqual([])
})

it('finds the way from a JSON path over core to a mart', () => {
  const ways = waysDown({ node: 'source.deskledger.raw.admin_groups', column: 'record', label: 'name' })
  expect(ways).toContain('model.deskledger.groups name')
  expect(ways).toContain('model.deskledger.group_headcount path')
})

/** A field in the words of the table above. */
function originOf(index: number): string {
  const { node, column, path } = lineage.fields[index]!
  const [kind, , ...names] = node.split('.')
  const name = names.at(-1)!
  if (column === '*')
    return ['files', 'former_files', 'batches', 'sync_batches', 'accepted_shrinks'].includes(name) ? 'rows of batches' : `rows of ${name}`
  if (column === 'batch' && ['files', 'batches'].includes(name)) return 'batch'
  // Where jsonb refuses a record, its key is read from a repaired copy.
  if (kind === 'source' && ['record', 'readable'].includes(column)) return `${name} ${pathLabel(path)}`
  return `${name} ${column}${path.length > 0 ? ` ${pathLabel(path)}` : ''}`
}

function waysDown(from: { node: string; column: string; label: string }): string[] {
  const start = lineage.fields.findIndex(field => field.node === from.node && field.column === from.column && field.label === from.label)
  const seen = new Set([start])
  for (const index of seen) for (const [above, below, kind] of lineage.edges) if (above === index && kind !== 'condition') seen.add(below)
  return [...seen].map(index => `${lineage.fields[index]!.node} ${lineage.fields[index]!.column}`)
}
