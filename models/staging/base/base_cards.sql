{# One row per landed record of cards: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('cards') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['card_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = [
    ['card_id',          'text_id',     'id', 'required'],
    ['card_uuid',        'text',        'uuid'],
    ['name',             'text',        'name'],
    ['user_id',          'reference',   'userId'],
    ['user_uuid',        'text',        'userUuid'],
    ['budget_id',        'reference',   'budgetId'],
    ['last_four',        'text',        'lastFour'],
    ['valid_thru',       'text',        'validThru'],
    ['status',           'text',        'status', 'required'],
    ['card_type',        'text',        'type', 'required'],
    ['is_budget_shared', 'boolean',     'shareBudgetFunds'],
    ['is_recurring',     'boolean',     'recurring'],
    ['recurring_limit',  'numeric',     'recurringLimit'],
    ['current_limit',    'numeric',     'currentPeriod.limit'],
    ['current_spent',    'numeric',     'currentPeriod.spent'],
    ['created_at',       'timestamptz', 'createdTime'],
    ['updated_at',       'timestamptz', 'updatedTime'],
] %}

{% set current_period = ['current_period', 'object', 'currentPeriod'] %}

with

{{ typed_records('cards', fields + [current_period], resent=fields) }},

judged as {{ copied_apart() }} (

    {% call computed_once() %}
    select
        {{ place_columns() }},
        record,
        file_order,
        is_repeated,
        {{ columns_of(fields) }},

        {{ judged(fields + [current_period], faults=[
            "case when current_limit < 0 then "
                ~ finding('error', 'invalid_value', 'currentPeriod.limit', 'json_current_limit', 'must not be negative') ~ " end",
        ], remarks=[
            "case when " ~ is_absent('created_at') ~ " then "
                ~ finding('warning', 'missing_value', 'createdTime', 'json_created_at', 'kept as null') ~ " end",
        ]) }}

    from typed
    {%- endcall %}

),

{{ concluded('card_id') }}

{{ judged_records(fields) }}
