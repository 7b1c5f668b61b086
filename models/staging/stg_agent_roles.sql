{# One row per agent, role and batch: a role that the agent lists and that some batch knows. #}

with

elements as (

    {{ staged_elements('agent_details', ref('base_agent_roles'), ['agent_id', 'role_id']) }}

)

select distinct on (elements.agent_id, elements.role_id, elements.source)
    elements.agent_id,
    elements.role_id,
    {{ place_columns('elements') }}

from elements

inner join {{ ref('current_roles') }} as roles
    on elements.role_id = roles.role_id

order by elements.agent_id, elements.role_id, elements.source, elements.place
