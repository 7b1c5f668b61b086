{# One row per agent and batch that lists the agent's channels, with the place of the list: in agent_availability if #}
{# the batch has one there, else in the details.                                                                     #}

with

readings as (

    select
        agent_id,
        {{ place_columns() }}
    from {{ ref('staged_agent_availability') }}
    where channel_availability is not null

)

select
    agent_id,
    'agent_availability' as feed,
    {{ place_columns() }}
from readings

union all

select
    details.agent_id,
    'agent_details' as feed,
    {{ place_columns('details') }}

from {{ ref('stg_agent_details') }} as details

left join readings
    on details.agent_id = readings.agent_id
    and details.source = readings.source

where details.availability is not null
    and readings.agent_id is null
