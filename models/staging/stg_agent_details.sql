{# One row per agent and batch: the accepted record of agent_details. #}

select
    {{ columns_of('agent_details') }},
    {{ place_columns() }}
from {{ ref('landed_agent_details') }}
where outcome = 'staged'
