{# One row per transaction that moved money, counted once: no DECLINE, and no AUTHORIZATION that another points back to (R28). #}

{{ config(materialized='view') }}

with

settlements as {{ copied() }} (

    select
        transaction_id,
        original_auth_transaction_uuid
    from {{ ref('transactions') }}
    where transaction_type is distinct from 'DECLINE'
        and original_auth_transaction_uuid is not null

),

pointed_back_to as {{ copied() }} (

    select authorizations.transaction_id

    from {{ ref('transactions') }} as authorizations

    inner join settlements
        on authorizations.transaction_uuid = settlements.original_auth_transaction_uuid
        and authorizations.transaction_id <> settlements.transaction_id

    where authorizations.transaction_type = 'AUTHORIZATION'

)

select
    moved.transaction_id,
    date_trunc('month', moved.occurred_at at time zone 'UTC')::date as month,
    moved.budget_id,
    moved.agent_id,
    moved.merchant_name,
    moved.amount_usd
from {{ ref('transactions') }} as moved
where moved.transaction_type is distinct from 'DECLINE'
    and moved.transaction_id not in (select transaction_id from pointed_back_to)
