{# One row per budget: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='budget_id',
    fillfactor=45,
    pre_hook="{{ remember_time_zones() }}",
    post_hook="{{ mark_budgets_of_other_time_zones() }}",
    incremental_predicates=['budget_id in (' ~ touched_keys(ref('stg_budgets'), 'budget_id', 'budgets') ~ ')'],
) }}

-- depends_on: {{ source('ops', 'touched') }}

{{ current_records(ref('stg_budgets'), 'budget_id', 'budgets', more=['known_timezone']) }}
