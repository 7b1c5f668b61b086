{# Fails when the agents who are listed on the last day of the status history are not those whom core.agents has as listed. #}
{# A batch after that day can say that an agent is deactivated, so that is taken from core.agents on both sides.           #}

with

last_day as (

    select * from {{ ref('agent_status_history') }}
    where sync_date = (select max(sync_date) from {{ ref('agent_status_history') }})

)

select
    agents.agent_id,
    agents.is_active,
    agents.is_deactivated,
    last_day.is_listed

from {{ ref('agents') }} as agents

left join last_day
    on agents.agent_id = last_day.agent_id

-- Without any snapshot nothing is absent.
where exists (select from last_day)
    and agents.is_active <> (coalesce(last_day.is_listed, false) and agents.is_deactivated is not true)
