{# One row per period in which an agent held a role. #}

{{ config(unique_key=['agent_id', 'role_id', 'from_date']) }}

select
    periods.agent_id,
    agents.name as agent_name,
    periods.role_id,
    roles.name as role_name,
    periods.started_on as from_date,
    periods.ended_on as to_date,
    periods.ended_on - periods.started_on as days,
    periods.is_from_start

from {{ ref('agent_role_periods') }} as periods

inner join {{ ref('roles') }} as roles
    on periods.role_id = roles.role_id

inner join {{ ref('agents') }} as agents
    on periods.agent_id = agents.agent_id
