{# One row per landed record of agent_details: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('agent_details') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = agent_fields() + [
    ['contact',      'object', 'contact'],
    ['role_ids',     'list',   'role_ids'],
    ['availability', 'array',  'availability'],
] %}

{% set columns = fields | rejectattr(0, 'equalto', 'contact') | list %}

with

{{ typed_records('agent_details', fields, resent=columns) }},

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

{{ concluded('agent_id') }}

{{ judged_records(columns) }}
