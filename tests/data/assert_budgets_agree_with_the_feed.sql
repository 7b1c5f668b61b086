{# Warns of an ended period of a budget for which the last amount spent in the feed and the amount counted here #}
{# differ by more than 1 %.                                                                                     #}

{{ config(severity='warn') }}

with

periods as (

    select distinct on (budget_id, period_start_date, period_end_date)
        budget_id,
        name,
        period_start_date,
        period_end_date,
        spent_total
    from {{ ref('budget_history') }}
    where period_end_date <= {{ newest_sync_date() }}
    order by budget_id, period_start_date, period_end_date, from_date desc

),

counted as (

    select
        periods.budget_id,
        periods.name,
        periods.period_start_date,
        periods.period_end_date,
        periods.spent_total,
        coalesce(sum(spend.amount_usd), 0) as counted_usd

    from periods

    left join {{ ref('transactions') }} as spend
        on periods.budget_id = spend.budget_id
        and spend.spend_kind in ('settled', 'pending')
        and spend.spent_on >= coalesce(periods.period_start_date, '-infinity')
        and spend.spent_on < periods.period_end_date

    group by
        periods.budget_id,
        periods.name,
        periods.period_start_date,
        periods.period_end_date,
        periods.spent_total

)

select * from counted
where abs(counted_usd - spent_total) > 0.01 * abs(spent_total)
