{# One row per transaction and batch: the accepted record. #}

select
    transaction_id,
    transaction_uuid,
    transaction_type,
    status,
    occurred_at,
    updated_at,
    user_id,
    user_uuid,
    user_name,
    card_id,
    budget_id,
    merchant_name,
    raw_merchant_name,
    merchant_category_code,
    fees,
    is_complete,
    decline_reason,
    original_auth_transaction_uuid,
    original_amount,
    original_currency,
    exchange_rate,
    amount_usd,
    fx_source,
    {{ place_columns() }}
from {{ ref('base_transactions') }}
where outcome = 'staged'
