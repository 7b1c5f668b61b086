{# One row per rule that a record of agents, agent_details or agent_availability failed, open or resolved. #}

with

unknown_readings as (

    select * from {{ ref('unknown_readings') }}

),

found as (

    {% for entity in ['agents', 'agent_details', 'agent_availability'] -%}
    -- Errors of role_ids are in agent_role_pipeline_errors.
    {{ findings_of(noted_records(entity, 'agent_id'), entity, ['records.agent_id'],
        where="found.finding ->> 'field' is distinct from 'role_ids'") }}

    union all

    {% endfor -%}
    {% for entity, relation in channel_feeds() -%}
    {{ findings_of(ref('landed_' ~ relation), entity, ['records.agent_id'], place='records.place') }}

    union all

    {% endfor -%}
    {{ relation_error('unknown_readings', 'agent_availability', ['records.agent_id'],
        'warning', 'unknown_agent', 'id', 'records.agent_id', 'no other feed knows this agent: left out') }}

    union all

    {{ refused_files(['agents', 'agent_details', 'agent_availability'], {'agent_id': 'bigint'}) }}

    union all

    {{ incomplete_snapshots('agents', {'agent_id': 'bigint'}) }}

),

{{ error_table(['agent_id']) }}
