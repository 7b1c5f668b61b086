{# One row per budget: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='budget_id',
    fillfactor=45,
    incremental_predicates=['budget_id in (' ~ touched_keys(ref('stg_budgets'), 'budget_id', 'budgets') ~ ')'],
) }}

{{ current_records(ref('stg_budgets'), 'budget_id', 'budgets') }}
