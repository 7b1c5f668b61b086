{# One row per group, agent and batch: an agent that the group lists and that some batch knows. #}

select distinct on (elements.group_id, elements.agent_id, elements.source)
    elements.group_id,
    elements.agent_id,
    {{ place_columns('elements') }}

from {{ ref('landed_group_membership') }} as elements

inner join {{ ref('known_agents') }} as agents
    on elements.agent_id = agents.agent_id

where elements.outcome = 'staged'

order by elements.group_id, elements.agent_id, elements.source, elements.place
