{# Fails when a mart's total is not, to the cent, what core.transactions says that was spent once (R28). #}

with

transactions as (

    select * from {{ ref('transactions') }}

),

settled as (

    select distinct
        original_auth_transaction_uuid as transaction_uuid,
        transaction_id as settled_by
    from transactions
    where transaction_type is distinct from 'DECLINE'
        and original_auth_transaction_uuid is not null

),

spent as (

    select
        coalesce(sum(amount_usd), 0) as amount_usd,
        count(*) as transaction_count
    from transactions
    where transaction_type is null
        or transaction_type not in ('DECLINE', 'AUTHORIZATION')
        or (
            transaction_type = 'AUTHORIZATION'
            and not exists (
                select from settled
                where settled.transaction_uuid = transactions.transaction_uuid
                    and settled.settled_by <> transactions.transaction_id
            )
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
    spent.amount_usd as amount_usd_in_core,
    totals.transaction_count,
    spent.transaction_count as transaction_count_in_core

from totals

cross join spent

where totals.amount_usd <> spent.amount_usd
    or totals.transaction_count <> spent.transaction_count
