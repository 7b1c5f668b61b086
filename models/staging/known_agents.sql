{# One row per agent with an accepted record in any batch, of either feed. #}

select agent_id from {{ ref('current_agents') }}
union
select agent_id from {{ ref('current_agent_details') }}
