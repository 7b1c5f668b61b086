{# One row per landed record of admin_groups: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('admin_groups') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['group_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = [
    ['group_id',             'id',          'id', 'required'],
    ['name',                 'text',        'name', 'required'],
    ['description',          'text',        'description'],
    ['parent_group_id',      'bigint',      'parent_group_id'],
    ['group_type',           'text',        'type'],
    ['escalate_to_agent_id', 'bigint',      'escalate_to'],
    ['unassigned_for',       'text',        'unassigned_for'],
    ['business_calendar_id', 'bigint',      'business_calendar_id'],
    ['agent_ids',            'list',        'agent_ids'],
    ['created_at',           'timestamptz', 'created_at'],
    ['updated_at',           'timestamptz', 'updated_at'],
] %}

with

{{ typed_records('admin_groups', fields) }},

judged as {{ copied_apart() }} (

    {% call computed_once() %}
    select
        {{ place_columns() }},
        record,
        file_order,
        is_repeated,
        {{ columns_of(fields) }},

        {{ judged(fields) }}

    from typed
    {%- endcall %}

),

{{ concluded('group_id') }}

select
    {{ place_columns() }},
    {{ columns_of(fields) }},
    outcome,
    findings
from concluded
