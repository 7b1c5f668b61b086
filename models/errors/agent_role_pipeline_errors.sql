{# One row per role_ids list, or element of one, that failed a rule, open or resolved. #}

with

roles as (

    select * from {{ ref('current_roles') }}

),

unknown_roles as (

    select * from {{ ref('unknown_roles') }}

),

found as (

    {{ findings_of(noted_records('agent_details', 'agent_id'), 'agent_details',
        ['records.agent_id', ('null::bigint', 'role_id')],
        where="found.finding ->> 'field' = 'role_ids'") }}

    union all

    -- An element that names no role is refused, and its conversion no longer matters.
    {{ findings_of(ref('landed_agent_roles'), 'agent_details',
        ['records.agent_id', 'records.role_id'], place='records.place',
        where='(records.role_id is null or records.role_id in (select role_id from roles))') }}

    union all

    {{ relation_error('unknown_roles', 'agent_details', ['records.agent_id', 'records.role_id'],
        'error', 'unknown_role', 'role_ids', 'records.role_id', 'no batch knows this role', place='records.place') }}

),

{{ error_table(['agent_id', 'role_id']) }}
