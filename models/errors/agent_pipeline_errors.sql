{# One row per rule that a record of agents or agent_details failed, open or resolved. #}

with

found as (

    {{ findings_of(noted_records('agents', 'agent_id'), 'agents', ['records.agent_id']) }}

    union all

    -- What is wrong with role_ids stands in agent_role_pipeline_errors.
    {{ findings_of(noted_records('agent_details', 'agent_id'), 'agent_details', ['records.agent_id'],
        where="found.finding ->> 'field' is distinct from 'role_ids'") }}

    union all

    {{ findings_of(ref('landed_agent_availability'), 'agent_details', ['records.agent_id'], place='records.place') }}

    union all

    {{ refused_files(['agents', 'agent_details'], {'agent_id': 'bigint'}) }}

    union all

    {{ incomplete_snapshots('agents', {'agent_id': 'bigint'}) }}

),

{{ error_table(['agent_id']) }}
