{# One row per group, agent and batch: an agent that the group lists. #}

select distinct on (group_id, agent_id, source)
    group_id,
    agent_id,
    {{ place_columns() }}
from {{ ref('base_group_membership') }}
where outcome = 'staged'
order by group_id, agent_id, source, place
