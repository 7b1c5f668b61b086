const spend = `spent_on month spend_kind amount_usd billed_amount original_amount original_currency fx_source budget_id budget_name agent_id agent_name
  user_id user_name card_id card_last_four card_type merchant merchant_category_code merchant_country receipt_status`

const sums = 'amount_usd settled_usd pending_usd other_usd transaction_count'

/** The tables of the contract: keys and columns. Errors have no key here: they are compared as whole rows. */
export const tables: Record<string, { key: string[]; columns: string[] }> = {
  'ops.file_accounting': { key: ['path'], columns: words('path records staged quarantined duplicates') },

  'errors.agent_pipeline_errors': errors('agent_id'),
  'errors.group_pipeline_errors': errors('group_id'),
  'errors.role_pipeline_errors': errors('role_id'),
  'errors.agent_role_pipeline_errors': errors('agent_id role_id'),
  'errors.budget_pipeline_errors': errors('budget_id'),
  'errors.card_pipeline_errors': errors('card_id'),
  'errors.transaction_pipeline_errors': errors('transaction_id'),
  'errors.user_pipeline_errors': errors('user_id'),

  'staging.stg_agents': staged('agent_id'),
  'staging.stg_agent_details': staged('agent_id'),
  'staging.stg_groups': staged('group_id'),
  'staging.stg_group_membership': staged('group_id agent_id'),
  'staging.stg_roles': staged('role_id'),
  'staging.stg_agent_roles': staged('agent_id role_id'),
  'staging.stg_agent_availability': staged('agent_id channel'),
  'staging.stg_users': staged('user_id'),
  'staging.stg_budgets': staged('budget_id'),
  'staging.stg_cards': staged('card_id'),
  'staging.stg_transactions': staged('transaction_id'),

  'core.agents': table(
    'agent_id',
    `name email job_title language time_zone phone mobile agent_type is_available available_since operational_status is_occasional is_focus_mode
    is_verified is_deactivated is_active created_at updated_at last_active_at first_seen_on last_seen_on source`,
  ),
  'core.agent_details': table('agent_id', 'org_agent_id ticket_scope signature avatar last_login_at is_freshchat_agent skill_ids source'),
  'core.groups': table(
    'group_id',
    `name description parent_group_id group_type escalate_to_agent_id unassigned_for business_calendar_id is_listed is_active created_at updated_at
    first_seen_on last_seen_on source`,
  ),
  'core.group_membership': table('group_id agent_id', 'joined_on source'),
  'core.group_membership_history': table('group_id agent_id joined_on', 'left_on source'),
  'core.budget_history': table(
    'budget_id from_date',
    `to_date name is_retired is_limitless limit_amount overspend_buffer assigned_amount spent_cleared spent_pending spent_total
    period_start_date period_end_date source`,
  ),
  'core.card_history': table(
    'card_id from_date',
    'to_date status user_id agent_id budget_id current_limit current_spent recurring_limit source',
  ),
  'core.roles': table(
    'role_id',
    'name description is_default agent_type is_listed created_at updated_at first_seen_on last_seen_on source',
  ),
  'core.agent_role_mapping': table('agent_id role_id', 'status assigned_at removed_at source'),
  'core.agent_role_history': table('agent_id role_id action_at action', 'is_from_start source'),
  'core.agent_availability': table(
    'agent_id channel',
    'is_available available_since observed_on assignment_limit current_load is_logged_in status_id source',
  ),
  'core.agent_status_history': table('agent_id sync_date', 'is_active is_deactivated is_listed operational_status is_available source'),
  'core.spend_users': table(
    'user_id',
    'user_uuid name first_name last_name email role is_retired created_at is_listed first_seen_on last_seen_on source',
  ),
  'core.budgets': table(
    'budget_id',
    `budget_uuid name description is_retired is_limitless start_date recurring_interval timezone recurring_limit limit_amount overspend_buffer
    assigned_amount spent_cleared spent_pending spent_total period_start_date period_end_date is_listed is_inferred first_seen_on last_seen_on source`,
  ),
  'core.cards': table(
    'card_id',
    `card_uuid name user_id user_uuid agent_id budget_id last_four valid_thru status card_type is_budget_shared is_recurring recurring_limit
    current_limit current_spent is_active is_listed created_at updated_at is_inferred first_seen_on last_seen_on source`,
  ),
  'core.transactions': table(
    'transaction_id',
    `transaction_uuid transaction_type status occurred_at updated_at user_id user_uuid user_name agent_id card_id budget_id merchant_name
    raw_merchant_name merchant_category_code original_amount original_currency exchange_rate amount_usd fx_source billed_amount
    transacted_amount fees foreign_exchange_fee is_complete is_locked is_reconciled is_card_present network receipt_status is_receipt_required
    is_review_required merchant_city merchant_state merchant_country decline_reason original_auth_transaction_uuid original_auth_transaction_id
    parent_transaction_id spend_kind spent_on source`,
  ),
  'core.transaction_tags': table('transaction_id name value', 'source'),
  'core.user_agent_mapping': table('user_id', 'agent_id user_name matched_by source'),

  'marts.daily_agent_status': table('sync_date', 'known active inactive deactivated joined newly_inactive returned'),
  'marts.group_headcount': table('group_id', 'name path depth is_in_cycle direct_members direct_active tree_members tree_active'),
  'marts.role_audit': table('agent_id role_id from_date', 'agent_name role_name to_date days is_from_start'),
  'marts.spend': table('transaction_id', spend),
  'marts.spend_by_budget_month': table('month budget_id', `budget_name ${sums}`),
  'marts.spend_by_agent_month': table('month agent_id', `agent_name ${sums}`),
  'marts.spend_by_merchant_month': table('month merchant', sums),
  'marts.spend_by_merchant': table('merchant', sums),
  'marts.agent_movements': table('sync_date agent_id movement', 'name'),
  'marts.access_review': table(
    'agent_id role_id',
    'agent_name email role_name from_date is_active is_listed is_deactivated last_active_at last_login_at days_since_active reasons',
  ),
  'marts.budget_utilisation': table(
    'budget_id',
    'name period_start_date period_end_date limit_amount spent_total counted_usd remaining used_share elapsed_share status',
  ),
  'marts.card_review': table('card_id', 'name last_four agent_id agent_name budget_id budget_name current_limit current_spent reasons'),
  'marts.missing_receipts': table('transaction_id', `${spend} age_days`),
  'marts.data_quality_daily': table('sync_date entity', 'records staged quarantined duplicates warnings'),
}

function table(key: string, columns: string): { key: string[]; columns: string[] } {
  return { key: words(key), columns: [...words(key), ...words(columns)] }
}

/** For staging only the keys per batch: the values reach core. */
function staged(key: string): { key: string[]; columns: string[] } {
  return table(`${key} source`, 'sync_date')
}

function errors(key: string): { key: string[]; columns: string[] } {
  return { key: [], columns: [...words(key), ...words('severity error_type field raw_record raw_text source file position')] }
}

function words(text: string): string[] {
  return text.trim().split(/\s+/)
}
