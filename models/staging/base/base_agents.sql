{# One row per landed content of the agents list: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('agents') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('agents') }},

-- An agent needs a name or an email (R14).
ruled as (

    select
        typed.*,
        array_remove(array[
            {% call fault('missing_value', 'contact.name', 'an agent needs a name or an email') %}
            contact is not null and name is null and email is null
            {% endcall %}
        ], null) as rule_faults,
        '{}'::jsonb[] as rule_remarks
    from typed

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('agents') }},
    outcome,
    findings
from concluded
