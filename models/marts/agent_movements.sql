{# One row per change of an agent from one day of agent_status_history to the next; none on its first day. #}

{{ config(materialized='view') }}

select
    changes.sync_date,
    changes.agent_id,
    agents.name,
    changes.movement

from {{ ref('agent_changes') }} as changes

inner join {{ ref('agents') }} as agents
    on changes.agent_id = agents.agent_id
