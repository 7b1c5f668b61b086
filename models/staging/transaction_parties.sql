{# One row per user, user name, card and budget that a current transaction names together: few beside the #}
{# transactions.                                                                                          #}

{{ config(materialized='table') }}

select distinct
    user_id,
    user_name,
    card_id,
    budget_id
from {{ ref('current_transactions') }}
