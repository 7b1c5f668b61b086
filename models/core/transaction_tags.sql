{# One row per transaction, name and value that was selected for it, in its newest state. #}

{% set touched -%}
    {{ transactions_of_changed_batches() }}
    union
    select transaction_id from {{ ref('current_transactions') }}
    where source in ({{ touched('returned_states') }})
{%- endset %}

{{ config(
    unique_key=['transaction_id', 'name', 'value'],
    distributed_by='transaction_id',
    incremental_predicates=['transaction_id in (' ~ touched ~ ')'],
) }}

-- depends_on: {{ ref('transactions') }}, {{ source('ops', 'touched') }}

with

-- On Citus it is this that goes to the workers, as in core.transactions.
current_transactions as {{ 'materialized ' if on_citus() }}(

    select content_file_id, content_position, source from {{ ref('current_transactions') }}
    where {{ in_increments('transaction_id in (' ~ touched ~ ')') }}

),

states as (

    select transaction_id, file_id, position, custom_fields, tags
    from {{ ref('base_transactions') }}
    where custom_fields <> '[]' or tags <> '[]'

)

select distinct
    states.transaction_id,
    selected.name,
    selected.value,
    current_transactions.source

from current_transactions

inner join states
    on current_transactions.content_file_id = states.file_id
    and current_transactions.content_position = states.position

cross join lateral (
    {{ selected_tags() }}
) as selected

where selected.value is not null
    and not selected.is_odd
