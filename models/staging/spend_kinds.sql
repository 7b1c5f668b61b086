{# One row per transaction that does not count by its type, because of references from others: split, waiting or #}
{# matched (R31).                                                                                                #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    reference=true,
    unique_key='transaction_id',
    pre_hook={"sql": "{{ remember_values('transaction_id', 'spend_kind') }}", "follows_rows": true},
    post_hook={"sql": "{{ mark_other_values('spend_kind', 'transaction_id', 'spend_kind') }}", "follows_rows": true},
) }}

with recursive

links as (

    select
        *,
        transaction_type is not distinct from 'DECLINE' or linked_type is not distinct from 'DECLINE' as is_of_decline
    from {{ ref('transaction_links') }}

),

-- Pairs of parent and part: the parent lists the part, or the part names its parent.
named_parts as (

    select transaction_id as parent_id, linked_id as child_id from links
    where relation = 'child' and linked_id is not null and not is_of_decline

    union

    select linked_id as parent_id, transaction_id as child_id from links
    where relation = 'parent' and linked_id is not null and not is_of_decline

),

-- The pairs that can form a cycle: both are parents and parts. Most purchases have none, and then `below` is empty.
between as (

    select * from named_parts
    where parent_id in (select child_id from named_parts)
        and child_id in (select parent_id from named_parts)

),

below (upper_id, lower_id) as (

    select parent_id, child_id from between

    union

    select below.upper_id, between.child_id
    from below
    inner join between
        on below.lower_id = between.parent_id

),

-- Two transactions above each other are not parts of each other.
parts as (

    select named_parts.*
    from named_parts
    left join below
        on named_parts.child_id = below.upper_id
        and named_parts.parent_id = below.lower_id
    where below.upper_id is null

),

-- Whether each listed part is here. A uuid that two transactions have is here when one of them is.
listed_parts as (

    select
        links.transaction_id,
        links.named_by,
        links.value,
        bool_or(parts.child_id is not null) as is_here

    from links

    left join parts
        on links.transaction_id = parts.parent_id
        and links.linked_id = parts.child_id

    where links.relation = 'child'
        and links.transaction_type is distinct from 'DECLINE'

    group by links.transaction_id, links.named_by, links.value

),

lists as (

    select
        transaction_id,
        bool_and(is_here) as is_complete
    from listed_parts
    group by transaction_id, named_by

),

splits as (

    select transaction_id from lists
    where is_complete

    union

    select parent_id from parts
    where parent_id not in (select transaction_id from lists)

),

-- Parts of a transaction that counts itself, at any depth: a split further up does not change that.
waiting (transaction_id) as (

    select child_id from parts
    where parent_id not in (select transaction_id from splits)

    union

    select parts.child_id
    from waiting
    inner join parts
        on waiting.transaction_id = parts.parent_id

),

-- Parents and parts, in both directions.
relatives as (

    select parent_id as transaction_id, child_id as relative_id from parts
    union all
    select child_id as transaction_id, parent_id as relative_id from parts

),

-- What settles what: a transaction that points back, but not to its own parent or part, or one named as the clear.
settled as (

    select
        links.transaction_id as settlement_id,
        links.linked_id as settled_id

    from links

    left join relatives
        on links.transaction_id = relatives.transaction_id
        and links.linked_id = relatives.relative_id

    where links.relation = 'authorization'
        and links.linked_id is not null
        and links.transaction_type in {{ settling_types() }}
        and relatives.transaction_id is null

    union

    select
        linked_id as settlement_id,
        transaction_id as settled_id
    from links
    where relation = 'clear'
        and linked_type in {{ settling_types() }}

),

authorizations as (

    select transaction_id from links
    where transaction_type = 'AUTHORIZATION'

    union

    select linked_id from links
    where linked_type = 'AUTHORIZATION'

),

-- What an authorization is settled through: itself, its parent, and what it points back to.
stood_for as (

    select transaction_id, transaction_id as settled_id from authorizations

    union

    select authorizations.transaction_id, parts.parent_id
    from authorizations
    inner join parts
        on authorizations.transaction_id = parts.child_id

    union

    select transaction_id, linked_id from links
    where relation = 'authorization'
        and transaction_type = 'AUTHORIZATION'
        and linked_id is not null

),

matched as (

    select distinct stood_for.transaction_id

    from stood_for

    inner join settled
        on stood_for.settled_id = settled.settled_id

    left join relatives
        on stood_for.transaction_id = relatives.transaction_id
        and settled.settlement_id = relatives.relative_id

    where relatives.transaction_id is null

)

select
    transaction_id,
    case min(place) when 1 then 'split' when 2 then 'waiting' else 'matched' end as spend_kind
from (
    select transaction_id, 1 as place from splits
    union all
    select transaction_id, 2 as place from waiting
    union all
    select transaction_id, 3 as place from matched
) as kinds
group by transaction_id
