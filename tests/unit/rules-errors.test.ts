import { describe, expect, it } from 'vitest'
import {
  agent,
  card,
  errorTypes,
  findings,
  group,
  money,
  only,
  pick,
  role,
  texts,
  transaction,
  warehouse,
} from '../pipeline/rules/by-hand.ts'

describe('errors of records', () => {
  it('R9 gives a row per failed rule, and no warnings beside errors', () => {
    expect(findings('role', [{ id: 'x', default: 'true' }])).toEqual(['error invalid_key id', 'error missing_value name'])
  })

  it('R9 keeps a record with warnings', () => {
    const found = warehouse({ 'tran/roles/1.json': [role({ default: 'true', agent_type: 'x' })] })
    expect(only(found, 'core.roles')).toMatchObject({ is_default: 'true', agent_type: null })
    expect(errorTypes(found, 'role')).toEqual(['coerced_value', 'invalid_value'])
  })

  it.each([
    ['{"id":1,"name":NaN}', 'invalid_json', null, '{"id":1,"name":NaN}'],
    ['{ "id":1,"name":"\\u0000"}', 'unrepresentable_text', '1', '{ "id":1,"name":"\\u0000"}'],
    ['{"id":1,"name":"\\ud83d"} ', 'unrepresentable_text', '1', '{"id":1,"name":"\\ud83d"}'],
    ['"text"', 'not_an_object', null, null],
    ['null', 'not_an_object', null, null],
  ])('R10 calls %s %s', (record, error_type, role_id, raw_text) => {
    const found = warehouse({ 'tran/roles/1.json': `[${record},{"id":7,"name":"B"}]` })
    const row = { error_type, role_id, severity: 'error', field: null, position: '0', raw_text }
    expect(only(found, 'errors.role_pipeline_errors')).toMatchObject(row)
  })

  it('R10 gives equal quarantined records a row each, exact repetitions of accepted ones none', () => {
    const [bad, coerced] = [{ id: -1, name: 'A' }, role({ default: 'true' })]
    const found = warehouse({ 'tran/roles/1.json': [bad, bad, coerced, coerced] })
    expect(pick(found, 'errors.role_pipeline_errors', 'error_type', 'position')).toEqual([
      ['coerced_value', '3'],
      ['invalid_key', '0'],
      ['invalid_key', '1'],
    ])
  })

  it('R10 judges records of every batch and losers, relations of the current record only', () => {
    const found = warehouse({
      'sync-day1/admin_groups/1.json': [group({ parent_group_id: 9, unassigned_for: 30 })],
      'sync-day2/admin_groups/1.json': [group({ unassigned_for: 31 }), group({ unassigned_for: 32 })],
    })
    expect(errorTypes(found, 'group')).toEqual(['coerced_value', 'coerced_value', 'coerced_value', 'duplicate_in_batch'])
  })

  it.each([
    ['11100000002', '11100000002', []],
    ['"11100000002"', '11100000002', ['warning coerced_value id']],
    ['" 7 "', '7', ['warning coerced_value id']],
    ['null', null, ['error missing_key id']],
    ['""', null, ['error missing_key id']],
    ['-1', null, ['error invalid_key id']],
    ['0', null, ['error invalid_key id']],
    ['69010941952.0', null, ['error invalid_key id']],
    ['9223372036854775808', null, ['error invalid_key id']],
    ['"1.0"', null, ['error invalid_key id']],
    ['true', null, ['error invalid_key id']],
  ])('R11 reads the Freshdesk id %s as %s', (id, key, said) => {
    const found = warehouse({ 'tran/roles/1.json': `[{"id":${id},"name":"A"}]` })
    expect(found['core.roles']?.map(row => row.role_id)).toEqual(key ? [key] : [])
    expect(texts(found, 'role')).toEqual(said)
  })

  it.each([
    ['" Qg== "', 'Qg==', []],
    ['12', '12', ['warning coerced_value id']],
    ['" "', null, ['error missing_key id']],
    ['{}', null, ['error invalid_key id']],
  ])('R11 reads the BILL id %s as %s', (id, key, said) => {
    const found = warehouse({ 'tran/budgets/1.json': `[{"id":${id},"name":"A","limitlessOverspend":true}]` })
    expect(found['core.budgets']?.map(row => row.budget_id)).toEqual(key ? [key] : [])
    expect(texts(found, 'budget')).toEqual(said)
  })

  it.each([
    ['default', '"true"', 'true', 'coerced_value'],
    ['default', '"TRUE"', null, 'invalid_value'],
    ['default', '"yes"', null, 'invalid_value'],
    ['default', '1', null, 'invalid_value'],
    ['agent_type', '"2"', '2', 'coerced_value'],
    ['agent_type', '1.0', '1', 'coerced_value'],
    ['agent_type', '1.5', null, 'invalid_value'],
    ['agent_type', '" 2 "', '2', 'coerced_value'],
    ['agent_type', '"+2"', null, 'invalid_value'],
    ['agent_type', '""', null, undefined],
    ['description', '5.50', '5.50', 'coerced_value'],
    ['description', 'true', null, 'invalid_value'],
    ['description', '" x\\t"', 'x', undefined],
    ['description', '" "', null, undefined],
  ])('R12 reads %s %s as %s', (field, value, read, said) => {
    const found = warehouse({ 'tran/roles/1.json': `[{"id":1,"name":"A","${field}":${value}}]` })
    expect(only(found, 'core.roles')[field === 'default' ? 'is_default' : field]).toBe(read)
    expect(errorTypes(found, 'role')).toEqual(said ? [said] : [])
  })

  it.each([
    ['2026-01-05T08:57:30Z', '2026-01-05T08:57:30.000000Z'],
    ['2026-01-05T08:57Z', '2026-01-05T08:57:00.000000Z'],
    ['2026-01-05T02:00:00.250+05:30', '2026-01-04T20:30:00.250000Z'],
    ['2026-01-05T23:30:00-02', '2026-01-06T01:30:00.000000Z'],
    ['2026-01-05T23:30:00.000-0230', '2026-01-06T02:00:00.000000Z'],
    ['2026-01-05T23:30:00-230', null],
    ['not-a-timestamp', null],
    ['0000-00-00 00:00:00', null],
    ['2026-02-30T00:00:00Z', null],
    ['2026-01-05T08:57:30', null],
    ['2026-01-05', null],
    ['now', null],
    ['infinity', null],
  ])('R13 reads the timestamp %s as %s', (created_at, read) => {
    const found = warehouse({ 'tran/roles/1.json': [role({ created_at })] })
    expect(only(found, 'core.roles').created_at).toBe(read)
    expect(texts(found, 'role')).toEqual(read ? [] : ['warning invalid_value created_at'])
  })

  it('R13 quarantines what does not convert in a required field, and keeps the record otherwise', () => {
    expect(findings('transaction', [transaction({ occurredTime: 'now' })])).toEqual(['error invalid_value occurredTime'])
    expect(findings('card', [card({ createdTime: 'now' })])).toEqual(['warning invalid_value createdTime'])
    expect(findings('card', [card({ userId: {} })])).toEqual(['warning invalid_value userId'])
  })

  it('R13 reads numbers by JSON grammar, below 1e24', () => {
    const limits = ['"NaN"', '"1e2"', '"1,5"', '1e24', '12.50']
    const records = limits.map((limit, i) => `{"id":"B${i}","name":"A","limitlessOverspend":true,"recurringLimit":${limit}}`)
    const found = warehouse({ 'tran/budgets/1.json': `[${records}]` })
    expect(pick(found, 'core.budgets', 'recurring_limit').flat()).toEqual([null, '100', null, null, '12.5'])
  })

  it.each([
    ['contact null', { contact: null }, ['error missing_value contact']],
    ['no contact', { contact: undefined, type: 'x' }, ['error missing_value contact']],
    ['contact a string', { contact: 'Ann' }, ['error invalid_value contact']],
    ['neither name nor email', { contact: { name: '', email: null } }, ['error missing_value contact.name']],
    ['both unusable', { contact: { name: {}, email: [] } }, ['error missing_value contact.name']],
    ['an email only', { contact: { email: 'ann@example.com' } }, []],
  ])('R14 of agents: %s', (_, fields, said) => {
    expect(findings('agent', [agent(fields)])).toEqual(said)
  })

  it('R14 of groups, roles and cards', () => {
    expect(findings('group', [{ id: 1, name: ' ' }])).toEqual(['error missing_value name'])
    expect(findings('role', [{ id: 1, name: null }])).toEqual(['error missing_value name'])
    expect(findings('card', [{ id: 'C', name: 'A' }])).toEqual(['status', 'type'].map(field => `error missing_value ${field}`))
    expect(findings('card', [card({ createdTime: null })])).toEqual(['warning missing_value createdTime'])
  })

  it('R14 takes a card without a user for an unassigned one', () => {
    for (const userId of [null, undefined, '']) expect(findings('card', [card({ userId })])).toEqual([])
  })

  it.each([
    ['no period', {}, ['warning missing_value currentPeriod.limit']],
    ['a period without a limit', { currentPeriod: {} }, ['warning missing_value currentPeriod.limit']],
    ['a limitless one', { limitlessOverspend: true }, []],
    ['a limit that is no number', { currentPeriod: { limit: 'x' } }, ['warning invalid_value currentPeriod.limit']],
    ['a period that is none', { currentPeriod: 5 }, ['warning invalid_value currentPeriod']],
    ['no name', { name: null, limitlessOverspend: true }, ['error missing_value name']],
  ])('R14 of budgets: %s', (_, fields, said) => {
    expect(findings('budget', [{ id: 'B', name: 'A', ...fields }])).toEqual(said)
  })

  it.each([
    ['currencyData null', { currencyData: null }, ['warning missing_value currencyData']],
    ['neither currencyData nor amount', { currencyData: null, amount: undefined }, ['error missing_value currencyData']],
    ['an amount that is none', { currencyData: undefined, amount: 'x' }, ['error invalid_value amount']],
    ['currencyData a string', { currencyData: 'USD' }, ['error invalid_value currencyData']],
    ['no minor units', money({ originalCurrencyAmount: undefined }), ['error missing_value currencyData.originalCurrencyAmount']],
    ['no number', money({ originalCurrencyAmount: 'NaN' }), ['error invalid_value currencyData.originalCurrencyAmount']],
    ['no code', money({ originalCurrencyCode: '' }), ['error missing_value currencyData.originalCurrencyCode']],
    ['no exponent', money({ exponent: null }), ['warning missing_value currencyData.exponent']],
    ['exponent 5', money({ exponent: 5 }), ['error invalid_value currencyData.exponent']],
    ['exponent "2"', money({ exponent: '2' }), ['warning coerced_value currencyData.exponent']],
    ['no time', { occurredTime: undefined }, ['error missing_value occurredTime']],
  ])('R14 of transactions: %s', (_, fields, said) => {
    expect(findings('transaction', [transaction(fields)])).toEqual(said)
  })

  it('R14 takes the amount as it is where currencyData lacks', () => {
    const found = warehouse({ 'tran/transactions/1.json': [transaction({ currencyData: undefined, amount: 42.105 })] })
    expect(only(found, 'core.transactions')).toMatchObject({
      original_amount: null,
      original_currency: null,
      exchange_rate: null,
      amount_usd: '42.105',
      fx_source: 'amount',
    })
  })

  it('R15 refuses negative limits, keeps 0 and unseen enum values', () => {
    const limited = (limit: number, status = 'NEW') => card({ id: `C${limit}`, status, currentPeriod: { limit } })
    expect(findings('card', [limited(-1)])).toEqual(['error invalid_value currentPeriod.limit'])
    expect(findings('budget', [{ id: 'B', name: 'A', currentPeriod: { limit: -1 } }])).toEqual(['error invalid_value currentPeriod.limit'])
    expect(only(warehouse({ 'tran/cards/1.json': [limited(0)] }), 'core.cards')).toMatchObject({ status: 'NEW', current_limit: '0' })
  })
})

describe('errors of lists, repetitions and relations', () => {
  const agents = { 'sync-day1/agents/1.json': [agent({ id: 1 }), agent({ id: 2 })] }
  const withList = (agent_ids: unknown) => warehouse({ ...agents, 'sync-day1/admin_groups/1.json': [group({ agent_ids })] })

  it.each([
    ['absent', undefined, [], []],
    ['null', null, [], ['error invalid_value agent_ids']],
    ['a string', '1', [], ['error invalid_value agent_ids']],
    ['with a null', [1, null], ['1'], []],
    ['with a string of digits', ['2'], ['2'], ['warning coerced_value agent_ids']],
    ['with -1 twice', [1, -1, -1], ['1'], ['error invalid_key agent_ids']],
    ['with an empty string', [''], [], ['error missing_key agent_ids']],
    ['with a stranger', [1, 99], ['1'], ['error unknown_agent agent_ids']],
  ])('R16 a list %s', (_, list, members, said) => {
    const found = withList(list)
    expect(pick(found, 'core.group_membership', 'agent_id').flat()).toEqual(members)
    expect(texts(found, 'group')).toEqual(said)
    expect(found['core.groups']).toHaveLength(1)
  })

  it('R16 unknown and partly unreadable lists end no membership, a readable one does', () => {
    const then = (agent_ids: unknown) =>
      pick(
        warehouse({
          ...agents,
          'sync-day1/admin_groups/1.json': [group({ agent_ids: [1] })],
          'sync-day2/admin_groups/1.json': [group({ agent_ids })],
        }),
        'core.group_membership',
        'agent_id',
      ).flat()
    expect(then(null)).toEqual(['1'])
    expect(then([2, 'x'])).toEqual(['1', '2'])
    expect(then([2])).toEqual(['2'])
    expect(then([])).toEqual([])
  })

  it('R16 reports role lists by agent and role, and judges none of a quarantined record', () => {
    const found = warehouse({
      'sync-day1/agent_details/1.json': agent({ role_ids: [9, 'x'] }),
      'sync-day1/agent_details/2.json': { id: -1, role_ids: 'x' },
    })
    expect(pick(found, 'errors.agent_role_pipeline_errors', 'agent_id', 'role_id', 'error_type', 'field')).toEqual([
      ['1', null, 'invalid_key', 'role_ids'],
      ['1', '9', 'unknown_role', 'role_ids'],
    ])
    expect(errorTypes(found, 'agent')).toEqual(['invalid_key'])
  })

  it('R16 nulls an escalation to nobody', () => {
    const found = warehouse({ 'sync-day1/admin_groups/1.json': [group({ escalate_to: 9 })] })
    expect(only(found, 'core.groups').escalate_to_agent_id).toBeNull()
    expect(texts(found, 'group')).toEqual(['warning unknown_agent escalate_to'])
  })

  it('R16 refuses elements of availability that are no objects', () => {
    const found = warehouse({ 'tran/agent_details/1.json': agent({ availability: ['x', null, { channel: 'chat' }] }) })
    expect(texts(found, 'agent')).toEqual(['error invalid_value availability'])
    expect(pick(found, 'core.agent_availability', 'channel')).toEqual([['chat']])
  })

  it('R17 reports each different losing content once, at its best rank, and counts equal ones', () => {
    const [a, b, c] = ['A', 'B', 'C'].map(name => role({ name }))
    const found = warehouse({ 'tran/roles/1.json': [a, b, a, b, c, c] })
    expect(only(found, 'core.roles').name).toBe('C')
    expect(pick(found, 'errors.role_pipeline_errors', 'error_type', 'severity', 'position')).toEqual([
      ['duplicate_in_batch', 'warning', '2'],
      ['duplicate_in_batch', 'warning', '3'],
    ])
    expect(only(found, 'ops.file_accounting')).toMatchObject({ staged: '1', duplicates: '5' })
  })

  it('R17 compares contents as jsonb and batches each by itself', () => {
    const found = warehouse({
      'tran/roles/1.json': '[{"id":1,"name":"A","x":1.0},{"x":1,"name":"A","id":1}]',
      'zz/roles/1.json': [role({ name: 'B' })],
    })
    expect(found['errors.role_pipeline_errors']).toEqual([])
  })

  it('R17 keeps the last availability of a channel', () => {
    const [on, off] = [true, false].map(available => ({ channel: null, available }))
    const found = warehouse({ 'tran/agent_details/1.json': agent({ availability: [off, on, off, off] }) })
    expect(pick(found, 'core.agent_availability', 'channel', 'is_available')).toEqual([['unspecified', 'false']])
    expect(texts(found, 'agent')).toEqual(['warning duplicate_in_batch availability'])
  })

  it.each([
    ['an unknown currency', { ...money({ originalCurrencyCode: 'ABC' }) }, ['error unknown_currency currencyData.originalCurrencyCode']],
    ['an amount a cent off', { amount: 10.51 }, []],
    ['an amount two cents off', { amount: 10.52 }, ['warning amount_mismatch amount']],
    ['an amount that is none', { amount: 'x' }, ['warning invalid_value amount']],
    ['a rate of 0', money({ exchangeRate: 0 }), ['warning invalid_value currencyData.exchangeRate']],
  ])('R18 %s', (_, fields, said) => {
    expect(findings('transaction', [transaction(fields)])).toEqual(said)
  })

  it('R19 infers missing parents of the current children, until the real ones come', () => {
    const files = {
      'sync-day1/transactions/1.json': [transaction({ cardId: 'C9', budgetId: 'B9' })],
      'sync-day1/cards/1.json': [card({ budgetId: 'B9' })],
    }
    const found = warehouse(files)
    expect(pick(found, 'core.cards', 'card_id', 'is_inferred')).toEqual([
      ['C', 'false'],
      ['C9', 'true'],
    ])
    expect(only(found, 'core.budgets')).toMatchObject({ budget_id: 'B9', is_inferred: 'true', name: null, first_seen_on: null })
    expect(texts(found, 'transaction')).toEqual(['warning inferred_parent budgetId', 'warning inferred_parent cardId'])
    expect(texts(found, 'card')).toEqual(['warning inferred_parent budgetId'])

    const later = warehouse({ ...files, 'sync-day2/budgets/1.json': [{ id: 'B9', name: 'Real', currentPeriod: { limit: 0 } }] })
    expect(only(later, 'core.budgets')).toMatchObject({ is_inferred: 'false', name: 'Real' })
    expect(texts(later, 'card')).toEqual([])
  })
})
