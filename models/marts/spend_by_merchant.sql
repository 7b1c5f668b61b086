{# One row per merchant: what was spent, in USD, and in how many transactions. #}

select
    merchant_name,
    sum(amount_usd) as amount_usd,
    count(*) as transaction_count
from {{ ref('spend') }}
group by merchant_name
