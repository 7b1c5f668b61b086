{# One row per agent, role and batch: a role that the agent lists. #}

select distinct on (agent_id, role_id, source)
    agent_id,
    role_id,
    {{ place_columns() }}
from {{ ref('base_agent_roles') }}
where outcome = 'staged'
order by agent_id, role_id, source, place
