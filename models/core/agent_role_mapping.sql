{# One row per agent and role ever assigned, as of the latest run of the role (R24). #}

{{ config(unique_key=['agent_id', 'role_id']) }}

with

latest_periods as (

    select distinct on (agent_id, role_id) *
    from {{ ref('agent_role_periods') }}
    order by agent_id, role_id, started_on desc

)

select
    latest_periods.agent_id,
    latest_periods.role_id,
    case when latest_periods.ended_on is null then 'assigned' else 'removed' end as status,
    latest_periods.started_on::timestamp at time zone 'UTC' as assigned_at,
    latest_periods.ended_on::timestamp at time zone 'UTC' as removed_at,
    coalesce(latest_periods.ended_source, latest_periods.shown_source) as source

from latest_periods

inner join {{ ref('roles') }} as roles
    on latest_periods.role_id = roles.role_id
