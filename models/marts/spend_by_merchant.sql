{# One row per merchant, null where unknown: what was spent, in USD, and in how many transactions. #}

select
    merchant,
    sum(amount_usd) as amount_usd,
    sum(settled_usd) as settled_usd,
    sum(pending_usd) as pending_usd,
    sum(other_usd) as other_usd,
    sum(transaction_count)::bigint as transaction_count
from {{ ref('spend_by_merchant_month') }}
group by merchant
