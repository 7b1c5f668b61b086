{# One row per landed record of budgets: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('budgets') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['budget_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = [
    ['budget_id',          'text_id', 'id', 'required'],
    ['budget_uuid',        'text',    'uuid'],
    ['name',               'text',    'name', 'required'],
    ['description',        'text',    'description'],
    ['is_retired',         'boolean', 'retired'],
    ['is_limitless',       'boolean', 'limitlessOverspend'],
    ['start_date',         'date',    'startDate'],
    ['recurring_interval', 'text',    'recurringInterval'],
    ['timezone',           'text',    'timezone'],
    ['recurring_limit',    'numeric', 'recurringLimit'],
    ['limit_amount',       'numeric', 'currentPeriod.limit'],
    ['overspend_buffer',   'numeric', 'currentPeriod.overspendBuffer'],
    ['assigned_amount',    'numeric', 'currentPeriod.assigned'],
    ['spent_cleared',      'numeric', 'currentPeriod.spent.cleared'],
    ['spent_pending',      'numeric', 'currentPeriod.spent.pending'],
    ['spent_total',        'numeric', 'currentPeriod.spent.total'],
    ['period_start_date',  'date',    'currentPeriod.startDate'],
    ['period_end_date',    'date',    'currentPeriod.endDate'],
] %}

{% set objects = [
    ['current_period', 'object', 'currentPeriod'],
    ['spent',          'object', 'currentPeriod.spent'],
] %}

with

{{ typed_records('budgets', fields + objects) }},

judged as {{ copied_apart() }} (

    {% call computed_once() %}
    select
        {{ place_columns() }},
        record,
        file_order,
        is_repeated,
        {{ columns_of(fields) }},

        -- Only a limitless budget may lack a limit; a limit of 0 is real. Without a currentPeriod that can be read, that is what is reported.
        {{ judged(fields + objects, faults=[
            "case when limit_amount < 0 then "
                ~ finding('error', 'invalid_value', 'currentPeriod.limit', 'json_limit_amount', 'must not be negative') ~ " end",
        ], remarks=[
            "case when is_limitless is not true and " ~ is_absent('limit_amount')
                ~ " and (current_period is not null or " ~ is_absent('current_period') ~ ") then "
                ~ finding('warning', 'missing_value', 'currentPeriod.limit', 'json_limit_amount', 'no limit is known: kept as null') ~ " end",
        ]) }}

    from typed
    {%- endcall %}

),

{{ concluded('budget_id', newest=none) }}

select
    {{ place_columns() }},
    {{ columns_of(fields) }},
    outcome,
    findings
from concluded
