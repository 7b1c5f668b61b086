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

-- Queried once for all budgets, as the server reads a file for each zone that it knows.
zones as materialized (

    select ops.known_time_zones(array_agg(distinct lower(timezone collate "C"))) as names from typed

),

-- Only a limitless budget may lack a limit; a limit of 0 is real. Without a readable currentPeriod, that fault is
-- reported instead.
ruled as (

    select
        typed.*,
        case when lower(timezone collate "C") = any (zones.names) then timezone end as known_timezone,
        '{}'::jsonb[] as rule_faults,
        array_remove(array[
            {% call remark('missing_value', 'currentPeriod.limit', 'no limit is known: kept as null') %}
            limit_amount is null
                and is_limitless is not true
                and {{ has_no('currentPeriod.limit') }}
                and (current_period is not null or {{ has_no('currentPeriod') }})
            {% endcall %},
            {% call remark('invalid_value', 'timezone', 'no known time zone: its days are those of UTC') %}
            timezone is not null and lower(timezone collate "C") <> all (zones.names)
            {% endcall %}
        ], null) as rule_remarks
    from typed
    cross join zones

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('budgets') }},
    known_timezone,
    outcome,
    findings
from concluded
