{# Fails when the agents listed on the last day of the status history differ from those listed in core.agents. A    #}
{# later batch can deactivate an agent, so both sides take the deactivation from core.agents. Excludes agents first #}
{# seen after that day, or on no day: they have no history yet.                                                     #}

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
