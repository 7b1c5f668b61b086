{# One row per budget: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='budget_id',
    fillfactor=45,
    pre_hook={"sql": "{{ remember_values('budget_id', 'known_timezone') }}", "follows_rows": true},
    post_hook={
        "sql": "{{ mark_other_values('time_zone_of_budget', 'budget_id', 'known_timezone') }}", "follows_rows": true
    },
    incremental_predicates=['budget_id in (' ~ touched_keys(ref('stg_budgets'), 'budget_id', 'budgets') ~ ')'],
) }}

{{ current_records(ref('stg_budgets'), 'budget_id', 'budgets', more=['known_timezone']) }}
