{# One row per budget and month: what was spent, in USD, and in how many transactions. #}

select
    month,
    budget_id,
    sum(amount_usd) as amount_usd,
    count(*) as transaction_count
from {{ ref('spend') }}
group by month, budget_id
