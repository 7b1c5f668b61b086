{# One row per budget and batch: the accepted record. #}

select
    budget_id,
    budget_uuid,
    name,
    description,
    is_retired,
    is_limitless,
    start_date,
    recurring_interval,
    timezone,
    recurring_limit,
    limit_amount,
    overspend_buffer,
    assigned_amount,
    spent_cleared,
    spent_pending,
    spent_total,
    period_start_date,
    period_end_date,
    {{ place_columns() }}
from {{ ref('base_budgets') }}
where outcome = 'staged'
