{# One row per agent and batch with a readable list of the agent's roles, and the place of the list: in the details, #}
{# or in the agents list where the details of the batch have no role_ids (R24).                                      #}

with

-- Details with role_ids hide the agents list, readable or not. A value that is not an array, also null, is a finding.
saying as (

    select
        agent_id,
        source
    from {{ ref('stg_agent_details') }}
    where role_ids is not null
        or (content_file_id, content_position) in (
            select file_id, position from {{ ref('base_agent_details') }}
            where findings @> '[{"field": "role_ids"}]'
        )

)

select
    agent_id,
    'agent_details' as feed,
    {{ place_columns() }}
from {{ ref('stg_agent_details') }}
where role_ids is not null

union all

select
    listed.agent_id,
    'agents' as feed,
    {{ place_columns('listed') }}

from {{ ref('stg_agents') }} as listed

left join saying
    on listed.agent_id = saying.agent_id
    and listed.source = saying.source

where listed.role_ids is not null
    and saying.agent_id is null
