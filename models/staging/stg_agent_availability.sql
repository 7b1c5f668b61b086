{# One row per agent, channel and batch: the last row of the channel. #}

select
    agent_id,
    channel,
    is_available,
    available_since,
    {{ place_columns() }}
from {{ ref('landed_agent_availability') }}
where outcome = 'staged'
