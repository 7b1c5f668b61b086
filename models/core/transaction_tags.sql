{# One row per transaction, name and value: the values selected for its newest state. #}

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

-- Citus sends this CTE to the workers, as in core.transactions.
current_transactions as {{ 'materialized ' if on_citus() }}(

    select content_file_id, content_position, source from {{ ref('current_transactions') }}
    where {{ in_increments('transaction_id in (' ~ touched ~ ')') }}

),

-- Kept apart: the planner expects 10,000 values per transaction, and would read all transactions in an order that saves
-- sorting those values.
states as (

    {{ apart() }}
    select
        contents.transaction_id,
        contents.custom_fields,
        contents.tags,
        current_transactions.source
    from current_transactions
    inner join {{ ref('base_transactions') }} as contents
        on current_transactions.content_file_id = contents.file_id
        and current_transactions.content_position = contents.position
    where contents.custom_fields <> '[]' or contents.tags <> '[]'

)

select distinct
    states.transaction_id,
    selected.name,
    selected.value,
    states.source

from states

cross join lateral (
    {{ selected_tags() }}
) as selected

where selected.value is not null
    and not selected.is_odd
