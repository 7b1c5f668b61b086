{# One row per agent and batch that lists the agent's channels, and where the list stands: of one batch that of #}
{# agent_availability, else that of the details.                                                               #}

with

lists as (

    select
        agent_id,
        'agent_availability' as feed,
        1 as rank,
        {{ place_columns() }}
    from {{ ref('staged_agent_availability') }}
    where channel_availability is not null

    union all

    select
        agent_id,
        'agent_details' as feed,
        2 as rank,
        {{ place_columns() }}
    from {{ ref('stg_agent_details') }}
    where availability is not null

)

select distinct on (agent_id, source)
    agent_id,
    feed,
    {{ place_columns() }}
from lists
order by agent_id, source, rank
