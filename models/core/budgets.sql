{# One row per budget that any batch contains, and one per budget that only cards or transactions name (R19). #}

{{ config(unique_key='budget_id') }}

with

current_budgets as (

    select * from {{ ref('current_budgets') }}

),

{{ listed_now('budgets', 'budget_id') }}

select
    coalesce(current_budgets.budget_id, inferred.budget_id) as budget_id,
    current_budgets.budget_uuid,
    coalesce(current_budgets.name, inferred.name) as name,
    current_budgets.description,
    current_budgets.is_retired,
    current_budgets.is_limitless,
    current_budgets.start_date,
    current_budgets.recurring_interval,
    current_budgets.timezone,
    current_budgets.recurring_limit,
    current_budgets.limit_amount,
    current_budgets.overspend_buffer,
    current_budgets.assigned_amount,
    current_budgets.spent_cleared,
    current_budgets.spent_pending,
    current_budgets.spent_total,
    current_budgets.period_start_date,
    current_budgets.period_end_date,
    inferred.budget_id is null and {{ is_listed('budget_id') }} as is_listed,
    inferred.budget_id is not null as is_inferred,
    current_budgets.first_seen_on,
    current_budgets.last_seen_on,
    current_budgets.source

from current_budgets

full join {{ ref('inferred_budgets') }} as inferred
    on current_budgets.budget_id = inferred.budget_id

left join present
    on current_budgets.budget_id = present.budget_id
