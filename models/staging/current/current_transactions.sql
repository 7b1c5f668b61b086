{# One row per transaction: where its current state stands (R27: the newest updatedTime, then R4), and whom it names. #}

{% set touched -%}
    select transaction_id from {{ ref('stg_transactions') }}
    where source in ({{ changed_batches('transactions') }})
    union
    select transaction_id from {{ this }}
    where source in ({{ changed_batches('transactions') }})
{%- endset %}

{{ config(
    unique_key='transaction_id',
    distributed_by='transaction_id',
    incremental_predicates=['transaction_id in (' ~ touched ~ ')'],
    indexes=[{'columns': ['source']}],
) }}

select distinct on (transaction_id)
    transaction_id,
    user_id,
    user_name,
    card_id,
    budget_id,
    updated_at,
    {{ place_columns() }}
from {{ ref('stg_transactions') }}
{%- if is_incremental() %}
where transaction_id in ({{ touched }})
{%- endif %}
order by transaction_id, updated_at desc nulls last, batch_order desc
