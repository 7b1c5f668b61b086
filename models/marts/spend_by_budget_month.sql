{# One row per month and budget, null where a transaction names none: what was spent, in USD, and in how many #}
{# transactions. amount_usd is settled and pending; what is no spend (funding, adjustments) is in other_usd.  #}

{{ config(materialized='view') }}

select
    sums.month,
    sums.budget_id,
    budgets.name as budget_name,
    {{- spend_columns('sums') }}

from {{ ref('spend_by_budget_id') }} as sums

left join {{ ref('budgets') }} as budgets
    on sums.budget_id = budgets.budget_id
