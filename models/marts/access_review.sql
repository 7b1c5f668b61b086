{# One row per role that an agent holds, and why somebody should look at it. #}

{{ config(materialized='view') }}

with

{{ listed_now('agents', 'agent_id') }},

held as (

    select
        mapping.agent_id,
        agents.name as agent_name,
        agents.email,
        mapping.role_id,
        roles.name as role_name,
        (mapping.assigned_at at time zone 'UTC')::date as from_date,
        agents.is_active,
        {{ is_listed('agent_id') }} as is_listed,
        agents.is_deactivated,
        agents.is_verified,
        agents.last_active_at,
        details.last_login_at,
        {{ newest_sync_date() }} - (agents.last_active_at at time zone 'UTC')::date as days_since_active

    from {{ ref('agent_role_mapping') }} as mapping

    inner join {{ ref('agents') }} as agents
        on mapping.agent_id = agents.agent_id

    inner join {{ ref('roles') }} as roles
        on mapping.role_id = roles.role_id

    left join {{ ref('agent_details') }} as details
        on mapping.agent_id = details.agent_id

    left join present
        on mapping.agent_id = present.agent_id

    where mapping.status = 'assigned'

)

select
    agent_id,
    agent_name,
    email,
    role_id,
    role_name,
    from_date,
    is_active,
    is_listed,
    is_deactivated,
    last_active_at,
    last_login_at,
    days_since_active,
    {{ reasons({
        'inactive': 'not is_active',
        'unlisted': 'not is_listed',
        'unverified': 'not is_verified',
        'stale': 'days_since_active > ' ~ var('stale_after_days'),
    }) }} as reasons
from held
