{# Fails when the total of a mart differs by a cent or more from the spend in core.transactions (R28). A build      #}
{# checks only the months of the last change of spend, as the others are unchanged since their check; `test` checks #}
{# all.                                                                                                             #}

{% set months -%}
    select key::date from {{ source('ops', 'touched') }}
    where what = 'spend_month'
    {%- if flags.WHICH != 'test' %}
        and changed_in = (select max(changed_in) from {{ source('ops', 'touched') }} where what = 'spend_month')
    {%- endif %}
{%- endset %}

{% set amounts = ['settled_usd', 'pending_usd', 'other_usd', 'transaction_count'] %}

with

counted as (

    select
        coalesce(sum(amount_usd) filter (where spend_kind = 'settled'), 0) as settled_usd,
        coalesce(sum(amount_usd) filter (where spend_kind = 'pending'), 0) as pending_usd,
        coalesce(sum(amount_usd) filter (where spend_kind = 'other'), 0) as other_usd,
        count(*) filter (where spend_kind in ('settled', 'pending')) as transaction_count
    from {{ ref('transactions') }} as transactions
    where {{ month_of('transactions') }} in ({{ months }})

),

totals as (

    {% for mart in ['spend_by_budget_month', 'spend_by_agent_month', 'spend_by_merchant_month'] -%}
    select
        '{{ mart }}' as mart,
        coalesce(sum(amount_usd), 0) as amount_usd,
        {%- for amount in amounts %}
        coalesce(sum({{ amount }}), 0) as {{ amount }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref(mart) }}
    where month in ({{ months }})
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

)

select
    totals.mart,
    totals.amount_usd
    {%- for amount in amounts %},
    totals.{{ amount }},
    counted.{{ amount }} as {{ amount }}_in_core
    {%- endfor %}

from totals

cross join counted

where totals.amount_usd <> totals.settled_usd + totals.pending_usd
    {%- for amount in amounts %}
    or totals.{{ amount }} <> counted.{{ amount }}
    {%- endfor %}
