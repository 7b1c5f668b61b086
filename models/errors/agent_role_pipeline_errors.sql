{# One row per role_ids list, or element of one, that failed a rule, open or resolved. #}

with

roles as (

    select * from {{ ref('current_roles') }}

),

named as (

    {{ distinct_values(ref('base_agent_roles'), 'role_id') }}

),

unknown as (

    select named.role_id
    from named
    left join roles
        on named.role_id = roles.role_id
    where roles.role_id is null

),

-- A role that no batch knows.
unknown_roles as (

    select elements.*
    from {{ ref('base_agent_roles') }} as elements
    inner join unknown
        on elements.role_id = unknown.role_id
    where elements.outcome <> 'quarantined'

),

found as (

    {{ findings_of(ref('base_agent_details'), 'agent_details', ['records.agent_id', ('null::bigint', 'role_id')],
        where="found.finding ->> 'field' = 'role_ids'") }}

    union all

    -- An element that names no role is refused, and its conversion no longer matters.
    {{ findings_of(ref('base_agent_roles'), 'agent_details', ['records.agent_id', 'records.role_id'], place='records.place',
        where='(records.role_id is null or records.role_id in (select role_id from roles))') }}

    union all

    {{ relation_error('unknown_roles', 'agent_details', ['records.agent_id', 'records.role_id'],
        'error', 'unknown_role', 'role_ids', 'records.role_id', 'no batch knows this role', place='records.place') }}

),

{{ error_table(['agent_id', 'role_id']) }}
