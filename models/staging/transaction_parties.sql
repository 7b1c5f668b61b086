{# One row per user, user name, card and budget that a current transaction names together: few beside the #}
{# transactions.                                                                                          #}

{{ config(materialized='table') }}

select
    user_id,
    user_name,
    card_id,
    budget_id,
    max(coalesce(updated_at, '-infinity')) as updated_at
from {{ ref('current_transactions') }}
group by user_id, user_name, card_id, budget_id
