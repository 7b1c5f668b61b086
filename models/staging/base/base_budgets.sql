{# One row per landed content of budgets: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('budgets') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['budget_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('budgets') }},

-- Only a limitless budget may lack a limit; a limit of 0 is real. Without a currentPeriod that can be read, that is
-- what is reported.
ruled as (

    select
        typed.*,
        '{}'::jsonb[] as rule_faults,
        array_remove(array[
            {% call remark('missing_value', 'currentPeriod.limit', 'no limit is known: kept as null') %}
            limit_amount is null
                and is_limitless is not true
                and {{ has_no('currentPeriod.limit') }}
                and (current_period is not null or {{ has_no('currentPeriod') }})
            {% endcall %}
        ], null) as rule_remarks
    from typed

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('budgets') }},
    outcome,
    findings
from concluded
