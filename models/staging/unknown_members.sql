{# One row per agent whom no batch knows, and accepted record of a group that lists them, in any batch. #}

with

named as (

    {{ distinct_values(ref('base_group_membership'), 'agent_id') }}

),

unknown as (

    select named.agent_id
    from named
    left join {{ ref('known_agents') }} as agents
        on named.agent_id = agents.agent_id
    where agents.agent_id is null

)

select elements.*
from unknown
cross join lateral (
    {% call computed_once() %}
    select * from {{ ref('landed_group_membership') }} as members
    where members.agent_id = unknown.agent_id
        and members.outcome <> 'quarantined'
    {%- endcall %}
) as elements
