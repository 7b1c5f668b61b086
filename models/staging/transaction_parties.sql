{# One row per combination of user, user name, card and budget in a current transaction: far fewer than transactions. #}

{{ config(materialized='table') }}

select
    user_id,
    user_name,
    card_id,
    budget_id,
    max(coalesce(updated_at, '-infinity')) as updated_at
from {{ ref('current_transactions') }}
group by user_id, user_name, card_id, budget_id
