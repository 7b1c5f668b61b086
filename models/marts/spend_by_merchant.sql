{# One row per merchant: what was spent, in USD, and in how many transactions. #}

select
    merchant_name,
    sum(amount_usd) as amount_usd,
    sum(transaction_count)::bigint as transaction_count
from {{ ref('spend_by_merchant_month') }}
group by merchant_name
