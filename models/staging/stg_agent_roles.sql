{# One row per agent, role and batch: a role that the agent lists and that some batch knows. #}

select distinct on (elements.agent_id, elements.role_id, elements.source)
    elements.agent_id,
    elements.role_id,
    {{ place_columns('elements') }}

from {{ ref('landed_agent_roles') }} as elements

inner join {{ ref('current_roles') }} as roles
    on elements.role_id = roles.role_id

where elements.outcome = 'staged'

order by elements.agent_id, elements.role_id, elements.source, elements.place
