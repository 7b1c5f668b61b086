{# One row per listed budget: how much of it is used, by the feed and by its transactions, and whether that is too #}
{# much for the time that has passed.                                                                              #}

{{ config(unique_key='budget_id') }}

with

budgets as (

    select
        budgets.*,
        {{ newest_sync_date() }} as today
    from {{ ref('budgets') }} as budgets
    where budgets.is_listed

),

counted as (

    select
        budgets.budget_id,
        sum(spend.amount_usd) as counted_usd

    from budgets

    inner join {{ ref('transactions') }} as spend
        on budgets.budget_id = spend.budget_id

    where spend.spend_kind in ('settled', 'pending')
        and spend.spent_on >= coalesce(budgets.period_start_date, '-infinity')
        and spend.spent_on < coalesce(budgets.period_end_date, 'infinity')

    group by budgets.budget_id

),

shares as (

    select
        budgets.budget_id,
        budgets.name,
        budgets.period_start_date,
        budgets.period_end_date,
        budgets.limit_amount,
        budgets.spent_total,
        coalesce(counted.counted_usd, 0) as counted_usd,
        budgets.limit_amount - budgets.spent_total as remaining,
        round(budgets.spent_total / nullif(budgets.limit_amount, 0), 4) as used_share,
        case
            when today is not null and period_end_date <> period_start_date
                then round(least(greatest(
                    (today - period_start_date)::numeric / (period_end_date - period_start_date), 0
                ), 1), 4)
        end as elapsed_share

    from budgets

    left join counted
        on budgets.budget_id = counted.budget_id

)

select
    shares.*,
    case
        when limit_amount is null then 'no limit'
        when spent_total > limit_amount then 'over'
        when used_share >= 0.9 then 'tight'
        when used_share > elapsed_share + 0.2 then 'ahead'
        else 'ok'
    end as status
from shares
