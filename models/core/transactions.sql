{# One row per transaction, in its newest state (R27), with its amount in USD (R26), the agent who spent, and what #}
{# it counts as (R31).                                                                                             #}

{{ config(
    unique_key='transaction_id',
    distributed_by='transaction_id',
    incremental_predicates=['transaction_id in (' ~ touched_transactions() ~ ')'],
    pre_hook={"sql": "{{ remember_spend() }}", "follows_rows": true},
    post_hook={"sql": "{{ mark_months_of_spend() }}", "follows_rows": true},
) }}

with

-- Citus sends this CTE to the workers that store the states, and not the states to this CTE.
current_transactions as {{ 'materialized ' if on_citus() }}(

    select transaction_id, content_file_id, content_position, source from {{ ref('current_transactions') }}
    where {{ in_increments('transaction_id in (' ~ touched_transactions() ~ ')') }}

),

states as (

    select * from {{ ref('base_transactions') }}

)

select
    states.transaction_id,
    states.transaction_uuid,
    states.transaction_type,
    states.status,
    states.occurred_at,
    states.updated_at,
    states.user_id,
    states.user_uuid,
    states.user_name,
    mapping.agent_id,
    states.card_id,
    states.budget_id,
    states.merchant_name,
    states.raw_merchant_name,
    states.merchant_category_code,
    states.merchant_city,
    states.merchant_state,
    states.merchant_country,
    states.original_amount,
    states.original_currency,
    states.exchange_rate,
    states.amount_usd,
    states.fx_source,
    states.billed_amount,
    states.transacted_amount,
    states.fees,
    states.foreign_exchange_fee,
    states.is_complete,
    states.is_locked,
    states.is_reconciled,
    states.is_card_present,
    states.network,
    states.receipt_status,
    states.is_receipt_required,
    states.is_review_required,
    states.decline_reason,
    states.original_auth_transaction_uuid,
    states.original_auth_transaction_id,
    states.parent_transaction_id,
    states.parent_transaction_uuid,
    states.matched_clear_transaction_id,
    states.matched_clear_transaction_uuid,
    case
        when states.transaction_type = 'DECLINE' then 'declined'
        when spend_kinds.spend_kind is not null then spend_kinds.spend_kind
        when states.transaction_type = 'AUTHORIZATION' then 'pending'
        when states.transaction_type in {{ settling_types() }} then 'settled'
        else 'other'
    end as spend_kind,
    (states.occurred_at at time zone coalesce(budgets.known_timezone, 'UTC'))::date as spent_on,
    current_transactions.source

from current_transactions

inner join states
    on current_transactions.content_file_id = states.file_id
    and current_transactions.content_position = states.position

left join {{ ref('user_agent_mapping') }} as mapping
    on states.user_id = mapping.user_id

left join {{ ref('spend_kinds') }} as spend_kinds
    on current_transactions.transaction_id = spend_kinds.transaction_id

left join {{ ref('current_budgets') }} as budgets
    on states.budget_id = budgets.budget_id
