{# One row per landed record of roles: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('roles') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['role_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = [
    ['role_id',     'id',          'id', 'required'],
    ['name',        'text',        'name', 'required'],
    ['description', 'text',        'description'],
    ['is_default',  'boolean',     'default'],
    ['agent_type',  'integer',     'agent_type'],
    ['created_at',  'timestamptz', 'created_at'],
    ['updated_at',  'timestamptz', 'updated_at'],
] %}

with

{{ typed_records('roles', fields) }},

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

{{ concluded('role_id') }}

select
    {{ place_columns() }},
    {{ columns_of(fields) }},
    outcome,
    findings
from concluded
