{# One row per transaction that moved money, counted once: no DECLINE, and no AUTHORIZATION that another points back to (R28). #}

{{ config(materialized='view') }}

with

moved as not materialized (

    select * from {{ ref('transactions') }}
    where transaction_type is distinct from 'DECLINE'

),

pointed_back_to as (

    select authorizations.transaction_id

    from moved as authorizations

    inner join moved as others
        on authorizations.transaction_uuid = others.original_auth_transaction_uuid
        and authorizations.transaction_id <> others.transaction_id

    where authorizations.transaction_type = 'AUTHORIZATION'

)

select
    moved.transaction_id,
    date_trunc('month', moved.occurred_at at time zone 'UTC')::date as month,
    moved.budget_id,
    moved.agent_id,
    moved.merchant_name,
    moved.amount_usd
from moved
where moved.transaction_id not in (select transaction_id from pointed_back_to)
