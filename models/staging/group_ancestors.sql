{# One row per group and group above it, at any height. A group in a cycle is above itself. #}

{{ config(materialized='table', unique_key=['group_id', 'ancestor_id']) }}

with recursive

groups as (

    select
        group_id,
        parent_group_id
    from {{ ref('current_groups') }}

),

parents as (

    select
        child.group_id,
        parent.group_id as ancestor_id

    from groups as child

    inner join groups as parent
        on child.parent_group_id = parent.group_id

),

-- `union` drops what was met before, so that cycles end.
ancestors as (

    select * from parents

    union

    select
        ancestors.group_id,
        parents.ancestor_id
    from ancestors
    inner join parents
        on ancestors.ancestor_id = parents.group_id

)

select * from ancestors
