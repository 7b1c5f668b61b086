{# One row per rule that a record of users, or an override of a user, failed, open or resolved. #}

with

-- An override counts only if some batch contains its agent (R29). Equal lines are told apart by their number.
unknown_overrides as (

    select
        overrides.user_id,
        overrides.agent_id,
        row_number() over (partition by overrides.user_id, overrides.agent_id) as place

    from {{ ref('user_agent_overrides') }} as overrides

    left join {{ ref('known_agents') }} as agents
        on overrides.agent_id = agents.agent_id

    where agents.agent_id is null

),

found as (

    {{ findings_of(noted_records('users', 'user_id'), 'users', ['records.user_id']) }}

    union all

    {{ refused_files(['users'], {'user_id': 'text'}) }}

    union all

    {{ incomplete_snapshots('users', {'user_id': 'text'}) }}

    union all

    select
        user_id,
        'warning' as severity,
        'unknown_override' as error_type,
        null as field,
        to_jsonb(agent_id) as value,
        'user_agent_overrides names an agent that no batch knows: agent_id '
            || coalesce(agent_id::text, 'is empty') || ' counts as none' as rule,
        null::jsonb as raw_record,
        null as raw_text,
        null as source,
        null as file,
        null::integer as position,
        place::integer as place
    from unknown_overrides

),

{{ error_table(['user_id']) }}
