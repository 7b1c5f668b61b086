{# One row per change of an agent's role: every start and every end of a run. #}

{{ config(unique_key=['agent_id', 'role_id', 'action_at', 'action']) }}

with

periods as (

    select periods.*
    from {{ ref('agent_role_periods') }} as periods
    inner join {{ ref('roles') }} as roles
        on periods.role_id = roles.role_id

),

changes as (

    select
        agent_id,
        role_id,
        started_on as changed_on,
        'assigned' as action,
        is_from_start,
        started_source as source
    from periods

    union all

    select
        agent_id,
        role_id,
        ended_on as changed_on,
        'removed' as action,
        is_from_start,
        ended_source as source
    from periods
    where ended_on is not null

)

select
    agent_id,
    role_id,
    changed_on::timestamp at time zone 'UTC' as action_at,
    action,
    is_from_start,
    source
from changes
