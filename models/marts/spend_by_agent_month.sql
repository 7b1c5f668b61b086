{# One row per month and agent, null where nobody is known to have spent: what was spent, in USD, and in how many #}
{# transactions. amount_usd is settled and pending; what is no spend (funding, adjustments) is in other_usd.      #}

{{ config(materialized='view') }}

select
    sums.month,
    sums.agent_id,
    agents.name as agent_name,
    {{- spend_columns('sums') }}

from {{ ref('spend_by_agent_id') }} as sums

left join {{ ref('agents') }} as agents
    on sums.agent_id = agents.agent_id
