{# Fails when the agents who are listed on the last day of the status history are not those whom core.agents has as #}
{# listed. A batch after that day can say that an agent is deactivated, so that is taken from core.agents on both   #}
{# sides. This is not about agents who were first seen after that day, or on no day: they have no history yet.      #}

with

last_day as (

    select * from {{ ref('agent_status_history') }}
    where sync_date = (select max(sync_date) from {{ ref('agent_status_history') }})

)

select
    agents.agent_id,
    agents.first_seen_on,
    agents.is_active,
    agents.is_deactivated,
    last_day.is_listed

from {{ ref('agents') }} as agents

left join last_day
    on agents.agent_id = last_day.agent_id

where agents.first_seen_on <= (select max(sync_date) from last_day)
    and agents.is_active is distinct from (last_day.is_listed and agents.is_deactivated is not true)
