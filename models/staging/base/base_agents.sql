{# One row per landed record of the agents list: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('agents') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = agent_fields() %}
{% set contact = ['contact', 'object', 'contact', 'required'] %}

with

{{ typed_records('agents', fields + [contact], resent=fields) }},

judged as {{ copied_apart() }} (

    {% call computed_once() %}
    select
        {{ place_columns() }},
        record,
        file_order,
        is_repeated,
        {{ columns_of(fields) }},

        {{ judged(fields + [contact], faults=[
            "case when contact is not null and name is null and email is null then "
                ~ finding('error', 'missing_value', 'contact.name', 'json_name', 'an agent needs a name or an email') ~ " end",
        ]) }}

    from typed
    {%- endcall %}

),

{{ concluded('agent_id') }}

{{ judged_records(fields) }}
