{# Fails when a mart's total is not, to the cent, what core.transactions says that was spent once (R28). A build    #}
{# looks at the months that the last change of spend was in, as the others are what they were when they were looked #}
{# at; `test` looks at all.                                                                                         #}

{% set months -%}
    select key::date from {{ source('ops', 'touched') }}
    where what = 'spend_month'
    {%- if flags.WHICH != 'test' %}
        and changed_in = (select max(changed_in) from {{ source('ops', 'touched') }} where what = 'spend_month')
    {%- endif %}
{%- endset %}

with

settlements as {{ copied() }} (

    select
        transaction_id,
        original_auth_transaction_uuid
    from {{ ref('transactions') }}
    where transaction_type is distinct from 'DECLINE'
        and original_auth_transaction_uuid is not null

),

transactions as {{ copied() }} (

    select * from {{ ref('transactions') }} as transactions
    where {{ month_of('transactions') }} in ({{ months }})

),

authorizations as {{ copied() }} (

    select authorizations.transaction_id
    from transactions as authorizations
    inner join settlements
        on authorizations.transaction_uuid = settlements.original_auth_transaction_uuid
    where settlements.transaction_id <> authorizations.transaction_id

),

-- All that moved money, less the authorisations that something else settled.
moved as (

    select
        coalesce(sum(amount_usd), 0) as amount_usd,
        count(*) as transaction_count
    from transactions
    where transaction_type is distinct from 'DECLINE'

),

settled as (

    select
        coalesce(sum(amount_usd), 0) as amount_usd,
        count(*) as transaction_count
    from transactions
    where transaction_type = 'AUTHORIZATION'
        and transaction_id in (select transaction_id from authorizations)

),

totals as (

    {% for mart in ['spend_by_budget_month', 'spend_by_agent_month', 'spend_by_merchant_month'] -%}
    select
        '{{ mart }}' as mart,
        coalesce(sum(amount_usd), 0) as amount_usd,
        coalesce(sum(transaction_count), 0) as transaction_count
    from {{ ref(mart) }}
    where month in ({{ months }})
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

)

select
    totals.mart,
    totals.amount_usd,
    moved.amount_usd - settled.amount_usd as amount_usd_in_core,
    totals.transaction_count,
    moved.transaction_count - settled.transaction_count as transaction_count_in_core

from totals

cross join moved

cross join settled

where totals.amount_usd <> moved.amount_usd - settled.amount_usd
    or totals.transaction_count <> moved.transaction_count - settled.transaction_count
