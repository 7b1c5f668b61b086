{# One row per group, agent and unbroken run of days on which the agent was its member (R23). #}

{{ config(unique_key=['group_id', 'agent_id', 'joined_on']) }}

-- depends_on: {{ ref('agents') }}

select
    periods.group_id,
    periods.agent_id,
    periods.joined_on,
    periods.left_on,
    periods.source

from {{ ref('group_membership_periods') }} as periods

inner join {{ ref('groups') }} as groups
    on periods.group_id = groups.group_id

inner join {{ ref('known_agents') }} as agents
    on periods.agent_id = agents.agent_id
