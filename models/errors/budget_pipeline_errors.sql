{# One row per rule that a record of budgets failed, open or resolved. #}

with

found as (

    {{ findings_of(noted_records('budgets', 'budget_id'), 'budgets', ['records.budget_id']) }}

    union all

    {{ refused_files(['budgets'], {'budget_id': 'text'}) }}

    union all

    {{ incomplete_snapshots('budgets', {'budget_id': 'text'}) }}

),

{{ error_table(['budget_id']) }}
