import type { Entity } from './feed.ts'
import { isNumber, isObject, type Json, type JsonObject, stripZeros } from './json.ts'

/** Whether the object has the key of its entity; null counts (R6). */
export function hasKey(entity: Entity, { members }: JsonObject): boolean {
  return keysOf(entity).some(name => members.has(name))
}

/** The number of the object's fields, without its key, that the declaration has with their JSON type; null has no type (R6). */
export function knownFields(entity: Entity, { members }: JsonObject): number {
  const fields = declared[entity]
  return [...members].filter(([name, value]) => !keysOf(entity).includes(name) && fields.get(name)?.(value)).length
}

/** Whether the object has a field other than its key whose name the declaration has, of any type (R6). */
export function hasKnownName(entity: Entity, { members }: JsonObject): boolean {
  return [...members.keys()].some(name => !keysOf(entity).includes(name) && declared[entity].has(name))
}

/** The key fields, of which a record has one (R6). */
function keysOf(entity: Entity): string[] {
  return entity === 'agent_availability' ? ['id', 'agent_ref'] : ['id']
}

type Types = Partial<Record<keyof typeof types, string>>

const types = {
  text: (value: Json) => typeof value === 'string',
  boolean: (value: Json) => typeof value === 'boolean',
  integer: (value: Json) => isNumber(value) && /^-?\d+$/.test(stripZeros(value.number)),
  number: (value: Json) => isNumber(value) && value.number !== 'NaN',
  list: (value: Json) => Array.isArray(value),
  object: (value: Json) => isObject(value),
}

const agent: Types = {
  integer: 'id ticket_scope scope',
  text: `type signature available_since agent_operational_status last_active_at created_at updated_at org_agent_id`,
  boolean: 'available occasional freshchat_agent focus_mode deactivated',
  list: 'group_ids role_ids skill_ids org_group_ids availability',
  object: 'contact',
}

/** The fields of each entity in feed.md, with their JSON types. */
const declared: Record<Entity, Map<string, (value: Json) => boolean>> = {
  agents: fields(agent),
  agent_details: fields(agent),
  agent_availability: fields({ integer: 'id', text: 'agent_ref', list: 'channel_availability' }),
  admin_groups: fields({
    integer: 'id escalate_to parent_group_id business_calendar_id',
    text: 'name description unassigned_for type created_at updated_at',
    boolean: 'allow_agents_to_change_availability agent_availability_status',
    list: 'agent_ids',
    object: 'automatic_agent_assignment',
  }),
  roles: fields({ integer: 'id agent_type', text: 'name description created_at updated_at', boolean: 'default' }),
  users: fields({ text: 'id uuid firstName lastName email role createdTime', boolean: 'retired' }),
  budgets: fields({
    text: 'id uuid name description startDate recurringInterval timezone shareFunds',
    boolean: 'retired default autoAddUsers receiptRequired carryOver budgetGroup limitlessOverspend',
    number: 'recurringLimit limitlessGoal',
    object: 'currentPeriod',
  }),
  cards: fields({
    text: 'id uuid userId userUuid lastFour validThru status type createdTime updatedTime name budgetId budgetUuid',
    boolean: 'shareBudgetFunds recurring',
    number: 'recurringLimit',
    object: 'currentPeriod',
  }),
  transactions: fields({
    text: `id uuid transactionType status userId userUuid userName budgetId budgetUuid budgetName cardId cardUuid cardLastFour cardType
      merchantName rawMerchantName merchantCategoryCode occurredTime updatedTime receiptStatus receiptSyncStatus network clearingReference
      declineReason declineInternalReasonCode originalAuthTransactionId originalAuthTransactionUuid matchedClearTransactionId
      matchedClearTransactionUuid parentTransactionId parentTransactionUuid`,
    boolean: 'isLocked isReconciled isParent complete receiptRequired reviewRequired cardPresent',
    number: 'amount transactedAmount fees foreignExchangeFee',
    list: 'childTransactionIds childTransactionUuids reviews tags customFields reviewers',
    object: 'currencyData merchantLocation',
  }),
}

function fields(byType: Types): Map<string, (value: Json) => boolean> {
  return new Map(
    Object.entries(byType).flatMap(([type, names]) => names.split(/\s+/).map(name => [name, types[type as keyof typeof types]] as const)),
  )
}
