{# One row per agent and batch: the accepted record of the agents list. #}

select
    {{ columns_of('agents') }},
    {{ place_columns() }}
from {{ ref('landed_agents') }}
where outcome = 'staged'
