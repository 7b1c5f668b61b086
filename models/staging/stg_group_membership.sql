{# One row per group, agent and batch: an agent that the group lists, if any batch contains the agent. #}

with

elements as (

    select * from {{ ref('staged_group_membership') }}

)

select distinct on (elements.group_id, elements.agent_id, elements.source)
    elements.group_id,
    elements.agent_id,
    {{ place_columns('elements') }}

from elements

inner join {{ ref('known_agents') }} as agents
    on elements.agent_id = agents.agent_id

order by elements.group_id, elements.agent_id, elements.source, elements.place
