{# One row per transaction: the place of its current state (R27: the newest updatedTime, then R4), what it is, and  #}
{# which user, card and budget it names.                                                                            #}
{# Later builds compare what arrived with the existing row, and with all states where that row comes from a changed #}
{# batch.                                                                                                           #}

{% set columns = [
    'transaction_id',
    'transaction_uuid',
    'transaction_type',
    'user_id',
    'user_name',
    'card_id',
    'budget_id',
    'updated_at',
    place_columns(),
] | join(',\n    ') %}

{% set changed = changed_batches('transactions') %}

{% set touched -%}
    select transaction_id from {{ ref('stg_transactions') }}
    where source in ({{ changed }})
    union
    select transaction_id from {{ this }}
    where source in ({{ changed }})
{%- endset %}

{{ config(
    unique_key='transaction_id',
    distributed_by='transaction_id',
    pre_hook={"sql": "{{ remember_states() }}", "follows_rows": true},
    post_hook={"sql": "{{ mark_batches_of_returned_states() }}", "follows_rows": true},
    incremental_predicates=['transaction_id in (' ~ touched ~ ')'],
    indexes=[{'columns': ['source']}, {'columns': ['transaction_uuid']}],
) }}

-- depends_on: {{ source('ops', 'touched') }}

with

{% if is_incremental() -%}
arrived as (

    select * from {{ ref('stg_transactions') }}
    where source in ({{ changed }})

),

-- The newest states that existed before.
existing as (

    select * from {{ this }}
    where transaction_id in (select transaction_id from arrived)
        and source not in ({{ changed }})

),

-- All states that remain, where the newest one came from a changed batch.
left_over as (

    select * from {{ ref('stg_transactions') }}
    where source not in ({{ changed }})
        and transaction_id in (
            select transaction_id from {{ this }}
            where source in ({{ changed }})
        )

),

states as (

    select {{ columns }} from arrived
    union all
    select {{ columns }} from existing
    union all
    select {{ columns }} from left_over

)
{%- else -%}
states as (

    select * from {{ ref('stg_transactions') }}

)
{%- endif %}

select distinct on (transaction_id)
    {{ columns }}
from states
order by transaction_id, updated_at desc nulls last, batch_order desc
