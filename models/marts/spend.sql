{# One row per transaction that counts, each spend once: settled or pending; or other, which is not spend (R31). #}

{{ config(materialized='view') }}

select
    transactions.transaction_id,
    transactions.spent_on,
    {{ month_of('transactions') }} as month,
    transactions.spend_kind,
    transactions.amount_usd,
    transactions.billed_amount,
    transactions.original_amount,
    transactions.original_currency,
    transactions.fx_source,
    transactions.budget_id,
    budgets.name as budget_name,
    transactions.agent_id,
    agents.name as agent_name,
    transactions.user_id,
    coalesce(mapping.user_name, transactions.user_name) as user_name,
    transactions.card_id,
    cards.last_four as card_last_four,
    cards.card_type,
    {{ merchant_of('transactions.merchant_name') }} as merchant,
    transactions.merchant_category_code,
    transactions.merchant_country,
    transactions.receipt_status,
    transactions.is_receipt_required

from {{ ref('transactions') }} as transactions

left join {{ ref('budgets') }} as budgets
    on transactions.budget_id = budgets.budget_id

left join {{ ref('agents') }} as agents
    on transactions.agent_id = agents.agent_id

left join {{ ref('user_agent_mapping') }} as mapping
    on transactions.user_id = mapping.user_id

left join {{ ref('cards') }} as cards
    on transactions.card_id = cards.card_id

where transactions.spend_kind in {{ kinds_that_count() }}
