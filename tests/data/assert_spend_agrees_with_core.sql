{# Fails when a mart's total is not, to the cent, what core.transactions says that was spent once (R28). #}

with

transactions as not materialized (

    select * from {{ ref('transactions') }}

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
        and transaction_id in (
            select authorizations.transaction_id
            from transactions as authorizations
            inner join transactions as settlements
                on authorizations.transaction_uuid = settlements.original_auth_transaction_uuid
            where settlements.transaction_type is distinct from 'DECLINE'
                and settlements.transaction_id <> authorizations.transaction_id
        )

),

totals as (

    {% for mart in ['spend_by_budget_month', 'spend_by_agent_month', 'spend_by_merchant'] -%}
    select
        '{{ mart }}' as mart,
        coalesce(sum(amount_usd), 0) as amount_usd,
        coalesce(sum(transaction_count), 0) as transaction_count
    from {{ ref(mart) }}
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
