{# One row per landed content of agent_availability: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('agent_availability') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('agent_availability') }},

-- The key is id, or without one the digits at the end of agent_ref.
keyed as (

    select
        typed.*,
        case
            when agent_id is not null then agent_id
            when {{ has_no('id') }} and substring(agent_ref from '[0-9]+$')
                ~ '^[0-9]{1,40}$' and substring(agent_ref from '[0-9]+$')::numeric between 1 and 9223372036854775807
                then substring(agent_ref from '[0-9]+$')::bigint
        end as key
    from typed

),

ruled as (

    select
        keyed.*,
        array_remove(array[
            {% call fault('missing_key', 'id', 'every record needs its key, or an agent_ref that ends in it') %}
            {{ has_no('id') }} and {{ has_no('agent_ref') }}
            {% endcall %},
            {% call fault('invalid_key', 'id', 'must be a whole number above 0, or agent_ref must end in one') %}
            key is null and not ({{ has_no('id') }} and {{ has_no('agent_ref') }})
            {% endcall %}
        ], null) as rule_faults,
        '{}'::jsonb[] as rule_remarks
    from keyed

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    key as agent_id,
    agent_ref,
    channel_availability,
    outcome,
    findings
from concluded
