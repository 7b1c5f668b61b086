{# One row per budget and unbroken run of days on which it had the same name, limit, spend and period (R30). #}

{% set first_changed_on = first_changed_date('budgets') %}

{{ config(
    unique_key=['budget_id', 'from_date'],
    distributed_by='budget_id',
    incremental_predicates=[reaches(first_changed_on, 'to_date')],
) }}

-- depends_on: {{ ref('budgets') }}, {{ ref('base_batches') }}

with

{{ value_runs('budgets', 'budget_id', [
    'name', 'is_retired', 'is_limitless', 'limit_amount', 'overspend_buffer', 'assigned_amount',
    'spent_cleared', 'spent_pending', 'spent_total', 'period_start_date', 'period_end_date',
], first_changed_on) }}

select * from runs
