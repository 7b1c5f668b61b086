{# One row per agent and month: what was spent, in USD, and in how many transactions. #}

select
    month,
    agent_id,
    sum(amount_usd) as amount_usd,
    count(*) as transaction_count
from {{ ref('spend') }}
group by month, agent_id
