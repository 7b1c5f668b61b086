import type { Fields } from './helpdesk.ts'
import { verbatim } from './text.ts'

/** Spoils a good record; the result need not be an object. */
export type Spoil = (record: Fields) => unknown

/** The record with another value at the path (`contact.name`); undefined removes the key. */
export function set(path: string, value: unknown): Spoil {
  const [key, ...rest] = path.split('.') as [string, ...string[]]
  return record => ({ ...record, [key]: rest.length > 0 ? set(rest.join('.'), value)(record[key] as Fields) : value })
}

/** Faults of single records, by entity and name, all seen in feeds. The comments name the rule that judges them. */
export const dirt = {
  agents: {
    'id null': set('id', null), // R11
    'id negative': set('id', -1),
    'id beyond bigint': set('id', verbatim('92233720368547758080')),
    'id with a point': record => ({ ...record, id: verbatim(`${record.id}.0`) }),
    'id as text': record => ({ ...record, id: String(record.id) }),
    'no object': _record => 'Your session has expired', // R10
    'contact null': set('contact', null), // R14
    'no name and no mail': record => set('contact.email', null)(set('contact.name', '')(record) as Fields),
    'available as text': set('available', 'false'), // R12
    'available yes': set('available', 'yes'), // R13
    'phone as number': set('contact.phone', 5550142),
    'created on no day': set('created_at', '2026-02-30T00:00:00Z'),
    'active now': set('last_active_at', 'now'),
    'NUL in signature': set('signature', `<div>Thanks\u0000</div>`), // R6
    'half an emoji': set('contact.job_title', 'Support \ud83d lead'),
    'key twice': set('type', verbatim('"support_agent","type":"support_agent"')), // jsonb keeps the last
    'mail empty': set('contact.email', ''),
  },
  agent_details: {
    'id as text': record => ({ ...record, id: String(record.id) }),
    'roles as text': set('role_ids', '69000250004,69000250007'), // R16
    'roles null': set('role_ids', null),
    'scope huge': set('ticket_scope', verbatim('1e400')), // R13
    'organisation id as number': set('org_agent_id', verbatim('172839405162738495')), // R12, beyond 2^53
    'login at zero': set('contact.last_login_at', '0000-00-00 00:00:00'),
    'no availability object': set('availability', ['offline']),
  },
  agent_availability: {
    'reference without an id': set('agent_ref', 'https://acme.example.com/agents/'), // R11
    'no key': set('agent_ref', undefined),
    'list form': record => ({ id: Number(/\d+$/.exec(String(record.agent_ref))?.[0]), user_data: { user: { name: 'nobody' } } }), // R6
    'channels as text': set('channel_availability', 'Email queue'), // R13
  },
  admin_groups: {
    'no name': set('name', undefined),
    'id as text': record => ({ ...record, id: String(record.id) }),
    'members null': set('agent_ids', null), // R16
    'members as text': set('agent_ids', 'none'),
    'created at epoch': set('created_at', 'epoch'),
  },
  roles: {
    'no name': set('name', null),
    'default as text': set('default', 'false'),
    'agent type unseen': set('agent_type', 7), // R15: kept
  },
  users: {
    'id as number': record => ({ ...record, id: numberIn(record.id) }),
    'no name and no mail': record => ({ ...record, firstName: ' ', lastName: undefined, email: '' }), // R14
    'retired as text': set('retired', 'false'), // R12
    'made never': set('createdTime', '0000-00-00'), // R13
    'mail as number': set('email', 5550142),
  },
  budgets: {
    'id empty': set('id', ''),
    'id as number': record => ({ ...record, id: numberIn(record.id) }),
    'limit as text': set('currentPeriod.limit', '1000'),
    'limit negative': set('currentPeriod.limit', -500), // R15
    'limit missing': record => set('limitlessOverspend', false)(set('currentPeriod.limit', undefined)(record) as Fields),
    'start on no day': set('startDate', '2026-02-30'),
  },
  cards: {
    'no user': set('userId', undefined),
    'made now': set('createdTime', 'now'),
    'no type': set('type', undefined),
    'last four as number': set('lastFour', 123),
    'limit negative': set('currentPeriod', { limit: -20, spent: 0 }),
    'recurring as text': set('recurring', 'true'),
    'status unseen': set('status', 'SUSPENDED'),
  },
  transactions: {
    'id null': set('id', null),
    'id as number': record => ({ ...record, id: numberIn(record.id) }),
    'null instead of a record': _record => null,
    'amount as text': record => ({ ...record, amount: String(record.amount) }),
    'amount NaN': set('amount', 'NaN'), // R13
    'amount a NaN token': set('amount', verbatim('NaN')), // R6
    'amount off by five': record => ({ ...record, amount: Math.round((Number(record.amount) + 5) * 100) / 100 }), // R18
    'fees as text': set('fees', '0.50'),
    'currency data null': set('currencyData', null), // R14
    'currency ABC': set('currencyData.originalCurrencyCode', 'ABC'), // R18
    'currency 123': set('currencyData.originalCurrencyCode', '123'),
    'no exponent': set('currencyData.exponent', undefined), // R14
    'exponent nine': set('currencyData.exponent', 9),
    'gold without exponent': record =>
      set('currencyData.exponent', undefined)(set('currencyData.originalCurrencyCode', 'XAU')(record) as Fields),
    'rate negative': set('currencyData.exchangeRate', -1.2), // R18
    'no rate': set('currencyData.exchangeRate', undefined), // R26
    'original amount with comma': set('currencyData.originalCurrencyAmount', '12,50'),
    'no original amount': set('currencyData.originalCurrencyAmount', undefined),
    'occurred never': set('occurredTime', 'not-a-timestamp'),
    'occurred now': set('occurredTime', 'now'),
    'half an emoji': set('merchantName', 'Noodle Bar \ud83d'),
    'huge transacted amount': set('transactedAmount', verbatim('1e400')),
    'type unseen': set('transactionType', 'CARD_FUNDING'),
    'unknown card': set('cardId', 'Q2FyZDo5OTk5OTk='), // R19
    'unknown budget': set('budgetId', 'QnVkZ2V0Ojk5OTk5OQ=='),
  },
} satisfies Record<string, Record<string, Spoil>>

/** The number 12 from `User:12` in base64. */
const numberIn = (id: unknown) => Number(Buffer.from(String(id), 'base64').toString().replace(/\D/g, ''))
