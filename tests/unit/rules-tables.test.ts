import { describe, expect, it } from 'vitest'
import { agent, card, findings, group, money, only, pick, role, transaction, warehouse } from '../pipeline/rules/by-hand.ts'
import { feedSeeds } from '../pipeline/rules/feeds.ts'

describe('the help desk', () => {
  it('R20 is active when listed in the latest snapshot and not deactivated', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [agent({ id: 1 }), agent({ id: 2 }), agent({ id: 3, deactivated: true })],
      'sync-day2/agents/1.json': [agent({ id: 2 }), agent({ id: 3, deactivated: true })],
      'sync-day3/agent_details/4.json': agent({ id: 4 }),
      'tran/agents/1.json': [agent({ id: 5 })],
    })
    expect(pick(found, 'core.agents', 'agent_id', 'is_active', 'first_seen_on', 'last_seen_on')).toEqual([
      ['1', 'false', '2026-01-05', '2026-01-05'],
      ['2', 'true', '2026-01-05', '2026-01-06'],
      ['3', 'false', '2026-01-05', '2026-01-06'],
      ['4', 'false', '2026-01-07', null],
      ['5', 'false', null, null],
    ])
  })

  it('R20 without any snapshot active is just not deactivated', () => {
    const found = warehouse({ 'tran/agents/1.json': [agent({ id: 1 }), agent({ id: 2, deactivated: true })] })
    expect(pick(found, 'core.agents', 'is_active').flat()).toEqual(['true', 'false'])
  })

  it('R21 fills the current record of one feed from the other, the list first at a tie', () => {
    const list = agent({ contact: { name: 'Listed', email: null }, updated_at: '2026-01-01T00:00:00Z' })
    const view = agent({ contact: { name: 'Viewed', email: 'ann@example.com' }, updated_at: '2026-01-01T00:00:00Z', ticket_scope: 2 })
    const tie = warehouse({ 'sync-day1/agents/1.json': [list], 'sync-day1/agent_details/1.json': view })
    expect(only(tie, 'core.agents')).toMatchObject({ name: 'Listed', email: 'ann@example.com', source: 'sync-day1' })
    expect(only(tie, 'core.agent_details').ticket_scope).toBe('2')
    const later = warehouse({ 'sync-day1/agents/1.json': [list], 'sync-day2/agent_details/1.json': view })
    expect(only(later, 'core.agents')).toMatchObject({ name: 'Viewed', source: 'sync-day2' })
  })

  it('R21 takes an empty signature for a value, null and absent for none', () => {
    const signatureOf = (signature: unknown) =>
      only(
        warehouse({
          'sync-day1/agents/1.json': [agent({ signature: '<p>Old</p>' })],
          'sync-day2/agent_details/1.json': agent({ signature }),
        }),
        'core.agent_details',
      ).signature
    expect(signatureOf('<div><br>\n</div>&nbsp;\u00a0')).toBeNull()
    expect(signatureOf('')).toBeNull()
    expect(signatureOf(null)).toBe('<p>Old</p>')
    expect(signatureOf('<b>New</b>')).toBe('<b>New</b>')
  })

  it('R22 is active with an active member in it or anywhere below, through cycles too', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [agent({ id: 1 })],
      'sync-day1/admin_groups/1.json': [
        group({ id: 1, parent_group_id: 3 }),
        group({ id: 2, parent_group_id: 1 }),
        group({ id: 3, parent_group_id: 2, agent_ids: [1] }),
        group({ id: 4, parent_group_id: 3 }),
        group({ id: 5, parent_group_id: 99, agent_ids: [] }),
      ],
    })
    expect(pick(found, 'core.groups', 'group_id', 'parent_group_id', 'is_active')).toEqual([
      ['1', '3', 'true'],
      ['2', '1', 'true'],
      ['3', '2', 'true'],
      ['4', '3', 'false'],
      ['5', null, 'false'],
    ])
    expect(pick(found, 'errors.group_pipeline_errors', 'group_id', 'error_type')).toEqual([
      ['1', 'hierarchy_cycle'],
      ['2', 'hierarchy_cycle'],
      ['3', 'hierarchy_cycle'],
      ['5', 'unknown_parent_group'],
    ])
  })

  it('R23 an unlisted group is inactive, has no members, and starts anew when it comes back', () => {
    const days = (...lists: unknown[][]) =>
      warehouse({
        'sync-day1/agents/1.json': [agent({ id: 1 })],
        ...Object.fromEntries(lists.map((groups, index) => [`sync-day${index + 1}/admin_groups/1.json`, groups])),
      })
    const other = group({ id: 2, agent_ids: [] })
    const gone = days([group({ agent_ids: [1] }), other], [other])
    expect(pick(gone, 'core.groups', 'group_id', 'is_active')).toContainEqual(['1', 'false'])
    expect(gone['core.group_membership']).toEqual([])
    const back = days([group({ agent_ids: [1] }), other], [other], [group({ agent_ids: null }), other])
    expect(only(back, 'core.group_membership')).toMatchObject({ joined_on: '2026-01-07', source: 'sync-day1' })
    const quarantined = days([group({ agent_ids: [1] }), other], [group({ name: null }), other], [group({ agent_ids: [1] })])
    expect(only(quarantined, 'core.group_membership')).toMatchObject({ joined_on: '2026-01-05', source: 'sync-day3' })
  })

  it('R23 keeps members that the agents list no longer has, as members', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [agent({ id: 1 }), agent({ id: 2 })],
      'sync-day2/agents/1.json': [agent({ id: 2 })],
      'sync-day2/admin_groups/1.json': [group({ agent_ids: [1] })],
    })
    expect(pick(found, 'core.group_membership', 'agent_id', 'joined_on')).toEqual([['1', '2026-01-06']])
    expect(only(found, 'core.groups').is_active).toBe('false')
  })

  it('R24 follows a role through its runs', () => {
    const found = warehouse({
      'sync-day1/roles/1.json': [role(), role({ id: 2 })],
      'sync-day1/agent_details/1.json': agent({ role_ids: [1, 2] }),
      'sync-day2/agent_details/2.json': agent({ id: 2 }),
      'sync-day3/agent_details/1.json': agent({ role_ids: [2] }),
      'sync-day4/agent_details/1.json': agent({ role_ids: [] }),
      'sync-day5/agent_details/1.json': agent({ role_ids: [1, 2] }),
      'sync-day6/agent_details/1.json': agent({ role_ids: [1, 'x'] }),
      'sync-day7/agent_details/1.json': agent({ role_ids: null }),
      'sync-day8/agent_details/1.json': agent({ role_ids: [1] }),
    })
    expect(pick(found, 'core.agent_role_history', 'role_id', 'action_at', 'action', 'source')).toEqual([
      ['1', '2026-01-05T00:00:00.000000Z', 'assigned', 'sync-day1'],
      ['1', '2026-01-07T00:00:00.000000Z', 'removed', 'sync-day3'],
      ['1', '2026-01-09T00:00:00.000000Z', 'assigned', 'sync-day5'],
      ['2', '2026-01-05T00:00:00.000000Z', 'assigned', 'sync-day1'],
      ['2', '2026-01-12T00:00:00.000000Z', 'removed', 'sync-day8'],
    ])
    expect(pick(found, 'core.agent_role_mapping', 'role_id', 'status', 'assigned_at', 'removed_at', 'source')).toEqual([
      ['1', 'assigned', '2026-01-09T00:00:00.000000Z', null, 'sync-day8'],
      ['2', 'removed', '2026-01-05T00:00:00.000000Z', '2026-01-12T00:00:00.000000Z', 'sync-day8'],
    ])
    expect(pick(found, 'marts.role_audit', 'role_id', 'from_date', 'to_date', 'days')).toEqual([
      ['1', '2026-01-05', '2026-01-07', '2'],
      ['1', '2026-01-09', null, null],
      ['2', '2026-01-05', '2026-01-12', '7'],
    ])
  })

  it('R24 takes the last readable list of a day', () => {
    const found = warehouse({
      'sync-day1/roles/1.json': [role(), role({ id: 2 })],
      'sync-2026-01-06-a/agent_details/1.json': agent({ role_ids: [1] }),
      'sync-2026-01-06-b/agent_details/1.json': agent({ role_ids: [2] }),
      'sync-2026-01-06-c/agent_details/1.json': agent({ role_ids: null }),
      'tran/agent_details/1.json': agent({ role_ids: [1] }),
    })
    expect(pick(found, 'core.agent_role_mapping', 'role_id', 'source')).toEqual([['2', 'sync-2026-01-06-b']])
  })

  it('R25 has a row per snapshot and agent seen by then, with the values of that day', () => {
    const found = warehouse({
      'sync-day1/agents/1.json': [agent({ id: 1, available: true })],
      'sync-day2/agents/1.json': [agent({ id: 2 })],
      'sync-day3/agents/1.json': [agent({ id: 1, available: false }), agent({ id: 2, deactivated: true })],
      'sync-day3/agent_details/1.json': agent({ id: 1, agent_operational_status: 'offline' }),
    })
    const columns = ['agent_id', 'sync_date', 'is_active', 'is_listed', 'is_available', 'operational_status', 'source']
    expect(pick(found, 'core.agent_status_history', ...columns)).toEqual([
      ['1', '2026-01-05', 'true', 'true', 'true', null, 'sync-day1'],
      ['1', '2026-01-06', 'false', 'false', 'true', null, 'sync-day2'],
      ['1', '2026-01-07', 'true', 'true', 'false', 'offline', 'sync-day3'],
      ['2', '2026-01-06', 'true', 'true', null, null, 'sync-day2'],
      ['2', '2026-01-07', 'false', 'true', null, null, 'sync-day3'],
    ])
    expect(found['marts.daily_agent_status']).toEqual([
      {
        sync_date: '2026-01-05',
        known: '1',
        active: '1',
        inactive: '0',
        deactivated: '0',
        joined: '0',
        newly_inactive: '0',
        returned: '0',
      },
      {
        sync_date: '2026-01-06',
        known: '2',
        active: '1',
        inactive: '1',
        deactivated: '0',
        joined: '1',
        newly_inactive: '1',
        returned: '0',
      },
      {
        sync_date: '2026-01-07',
        known: '2',
        active: '1',
        inactive: '1',
        deactivated: '1',
        joined: '0',
        newly_inactive: '1',
        returned: '1',
      },
    ])
  })
})

describe('spend', () => {
  it.each([
    ['the record', money({ originalCurrencyCode: 'GBP', exchangeRate: 1.27 }), ['10.5', '1.27', '13.34', 'feed']],
    ['par', money({ exchangeRate: undefined }), ['10.5', '1', '10.5', 'par']],
    ['the seed of the day', money({ originalCurrencyCode: 'GBP', exchangeRate: undefined }), ['10.5', '1.25', '13.13', 'seed']],
    ['nothing', money({ originalCurrencyCode: 'BHD', exponent: 3, exchangeRate: undefined }), ['1.05', null, '10.5', 'amount']],
    ['yen without an exponent', money({ originalCurrencyCode: 'JPY', exponent: undefined }), ['1050', '1', '1050', 'feed']],
    ['a refund', money({ originalCurrencyAmount: '-333', exchangeRate: 0.5 }), ['-3.33', '0.5', '-1.67', 'feed']],
  ])('R26 takes the rate of %s', (_, fields, expected) => {
    const found = warehouse({ 'tran/transactions/1.json': [transaction(fields)] })
    expect(pick(found, 'core.transactions', 'original_amount', 'exchange_rate', 'amount_usd', 'fx_source')).toEqual([expected])
  })

  it('R26 warns where no rate is, and refuses a currency without minor units and exponent', () => {
    expect(findings('transaction', [transaction(money({ originalCurrencyCode: 'BHD', exponent: 3, exchangeRate: undefined }))])).toEqual([
      'warning missing_value currencyData.exchangeRate',
    ])
    expect(findings('transaction', [transaction(money({ originalCurrencyCode: 'XAU', exponent: undefined }))])).toEqual([
      'error missing_value currencyData.exponent',
    ])
  })

  it('R27 keeps the newest state by updatedTime, also of an older or undated batch', () => {
    const state = (status: string, updatedTime: string) => [transaction({ status, updatedTime })]
    const found = warehouse({
      'tran/transactions/1.json': state('new', '2026-01-09T00:00:00Z'),
      'sync-day9/transactions/1.json': state('old', '2026-01-08T00:00:00Z'),
    })
    expect(only(found, 'core.transactions')).toMatchObject({ status: 'new', source: 'tran' })
  })

  it('maps users to agents by override, else by a name that is unique on both sides', () => {
    const seeds = { ...feedSeeds, user_agent_overrides: [{ user_id: 'U4', agent_id: '1' }] }
    const spent = (user: number, userName?: string) => transaction({ id: `T${user}${userName}`, userId: `U${user}`, userName })
    const found = warehouse(
      {
        'sync-day1/agents/1.json': ['Ann Able', 'Bob Berry', 'Bob  berry', 'Cleo Cole'].map((name, index) =>
          agent({ id: index + 1, contact: { name } }),
        ),
        'sync-day1/transactions/1.json': [
          spent(1, ' ann  ABLE '),
          spent(2, 'Bob Berry'),
          spent(3, 'Cleo Cole'),
          spent(4, 'Zed'),
          spent(5, 'cleo cole'),
        ],
        'sync-day1/cards/1.json': [card({ userId: 'U1' }), card({ id: 'C6', userId: 'U6' })],
      },
      {},
      seeds,
    )
    expect(pick(found, 'core.user_agent_mapping', 'user_id', 'agent_id', 'matched_by')).toEqual([
      ['U1', '1', 'name'],
      ['U2', null, 'none'],
      ['U3', null, 'none'],
      ['U4', '1', 'override'],
      ['U5', null, 'none'],
      ['U6', null, 'none'],
    ])
    expect(pick(found, 'core.cards', 'card_id', 'agent_id')).toEqual([
      ['C', '1'],
      ['C6', null],
    ])
  })

  it('R29 reports overrides to nobody, a row per line of the seed, and goes on without them', () => {
    const seeds = { ...feedSeeds, user_agent_overrides: ['U1', 'U9'].map(user_id => ({ user_id, agent_id: '7' })) }
    const files = {
      'sync-day1/agents/1.json': [agent()],
      'sync-day1/transactions/1.json': [transaction({ userId: 'U1', userName: 'ann able' })],
    }
    const found = warehouse(files, {}, seeds)
    expect(only(found, 'core.user_agent_mapping')).toMatchObject({ user_id: 'U1', agent_id: '1', matched_by: 'name' })
    const columns = ['user_id', 'severity', 'error_type', 'field', 'source', 'file', 'position']
    expect(pick(found, 'errors.user_pipeline_errors', ...columns)).toEqual(
      ['U1', 'U9'].map(user_id => [user_id, 'warning', 'unknown_override', null, null, null, null]),
    )
    const later = warehouse({ ...files, 'tran/agents/1.json': [agent({ id: 7 })] }, {}, seeds)
    expect(later['errors.user_pipeline_errors']).toEqual([])
    expect(only(later, 'core.user_agent_mapping')).toMatchObject({ agent_id: '7', matched_by: 'override' })
  })

  it('R28 leaves out declines and authorizations that something else follows', () => {
    const kind = (id: string, transactionType: string, more = {}) => transaction({ id, uuid: `u${id}`, transactionType, ...more })
    const found = warehouse({
      'tran/transactions/1.json': [
        kind('1', 'AUTHORIZATION'),
        kind('2', 'CLEAR', { originalAuthTransactionUuid: 'u1' }),
        kind('3', 'AUTHORIZATION'),
        kind('4', 'DECLINE', { originalAuthTransactionUuid: 'u3' }),
        kind('5', 'OTHER', { ...money({ originalCurrencyAmount: '-50' }), amount: -0.5, occurredTime: '2026-01-31T23:30:00-01:00' }),
        kind('6', 'AUTHORIZATION', { originalAuthTransactionUuid: 'u6' }),
      ],
    })
    expect(pick(found, 'marts.spend_by_budget_month', 'month', 'budget_id', 'amount_usd', 'transaction_count')).toEqual([
      ['2026-01-01', null, '31.5', '3'],
      ['2026-02-01', null, '0', '0'],
    ])
    expect(pick(found, 'marts.spend_by_merchant', 'merchant', 'amount_usd', 'other_usd')).toEqual([[null, '31.5', '-0.5']])
  })
})
