{# One row per card and batch: the accepted record. #}

select
    card_id,
    card_uuid,
    name,
    user_id,
    user_uuid,
    budget_id,
    last_four,
    valid_thru,
    status,
    card_type,
    is_budget_shared,
    is_recurring,
    recurring_limit,
    current_limit,
    current_spent,
    created_at,
    updated_at,
    {{ place_columns() }}
from {{ ref('base_cards') }}
where outcome = 'staged'
