{# One row per reference of a current transaction to another one: the relation (parent, child, authorization, clear), #}
{# the id or uuid, and the transaction that has it, null while none is here. Compared with all transactions these     #}
{# rows are few; on a cluster all of them are on the coordinator, as recursion does not run over shards.              #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    incremental_predicates=['transaction_id in (' ~ relinked_transactions() ~ ')'],
    indexes=[{'columns': ['transaction_id']}, {'columns': ['linked_id']}, {'columns': ['value']}],
) }}

-- depends_on: {{ ref('base_batches') }}, {{ source('ops', 'touched') }}

with

current_transactions as {{ copied() }} (

    select transaction_id, transaction_uuid, transaction_type, source, content_file_id, content_position
    from {{ ref('current_transactions') }}

),

referring as (

    select
        current_transactions.transaction_id,
        current_transactions.transaction_type,
        current_transactions.source,
        {%- for _, _, column in references_of_transactions() %}
        states.{{ column }},
        {%- endfor %}
        states.child_transaction_ids,
        states.child_transaction_uuids

    from current_transactions

    inner join {{ ref('base_transactions') }} as states
        on current_transactions.content_file_id = states.file_id
        and current_transactions.content_position = states.position

    where (
            {%- for _, _, column in references_of_transactions() %}
            states.{{ column }} is not null or
            {%- endfor %}
            states.child_transaction_ids <> '[]'
            or states.child_transaction_uuids <> '[]'
        )
        and {{ in_increments('current_transactions.transaction_id in (' ~ relinked_transactions() ~ ')') }}

),

said as (

    select
        referring.transaction_id,
        referring.transaction_type,
        referring.source,
        reference.relation,
        reference.named_by,
        reference.value

    from referring

    cross join lateral (
        values
        {%- for relation, by, column in references_of_transactions() %}
        ('{{ relation }}', '{{ by }}', referring.{{ column }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as reference (relation, named_by, value)

    where reference.value is not null
    {%- for by, list in lists_of_parts() %}

    union

    -- An element that is not an id names a part that is not here.
    select
        referring.transaction_id,
        referring.transaction_type,
        referring.source,
        'child' as relation,
        '{{ by }}' as named_by,
        {{ short_text('part.element') }} as value

    from referring

    cross join lateral jsonb_array_elements(referring.{{ list }}) as part (element)

    where {{ is_said('part.element') }}
    {%- endfor %}

)

-- A reference of a transaction to itself links to nothing.
{% for by in ['id', 'uuid'] -%}
select
    said.transaction_id,
    said.transaction_type,
    said.source,
    said.relation,
    said.named_by,
    said.value,
    linked.transaction_id as linked_id,
    linked.transaction_type as linked_type,
    linked.source as linked_source

from said

left join current_transactions as linked
    on said.value = linked.transaction_{{ by }}
    and said.transaction_id <> linked.transaction_id

where said.named_by = '{{ by }}'
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
