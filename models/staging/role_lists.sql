{# One row per agent and batch that says something of the agent's roles, and where it does: of one batch the details #}
{# that have role_ids, readable or not, else the agents list (R24).                                                  #}

with

lists as (

    select
        agent_id,
        'agent_details' as feed,
        1 as rank,
        role_ids is not null as is_readable,
        {{ place_columns() }}
    from {{ ref('stg_agent_details') }}
    where role_ids is not null
        -- What is no array is a finding, null too.
        or (content_file_id, content_position) in (
            select file_id, position from {{ ref('base_agent_details') }}
            where findings @> '[{"field": "role_ids"}]'
        )

    union all

    select
        agent_id,
        'agents' as feed,
        2 as rank,
        true as is_readable,
        {{ place_columns() }}
    from {{ ref('stg_agents') }}
    where role_ids is not null

)

select distinct on (agent_id, source)
    agent_id,
    feed,
    is_readable,
    {{ place_columns() }}
from lists
order by agent_id, source, rank
