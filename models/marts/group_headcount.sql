{# One row per group: its place in the tree, and its members, its own and those of the groups below it. #}

{{ config(unique_key='group_id') }}

with recursive

groups as (

    select * from {{ ref('groups') }}

),

-- Each group with the chain above it, nearest first, until the root or the first repetition.
chains as (

    select
        group_id,
        parent_group_id as next_group_id,
        array[group_id] as chain,
        name as path
    from groups

    union all

    select
        chains.group_id,
        parents.parent_group_id as next_group_id,
        chains.chain || parents.group_id as chain,
        parents.name || ' / ' || chains.path as path

    from chains

    inner join groups as parents
        on chains.next_group_id = parents.group_id
        and parents.group_id <> all (chains.chain)

),

placed as (

    select distinct on (group_id)
        group_id,
        path,
        cardinality(chain) - 1 as depth,
        -- The chain ends where the next group is already in it; here, where the next group is the group itself.
        next_group_id is not distinct from group_id as is_in_cycle,
        chain
    from chains
    order by group_id, cardinality(chain) desc

),

members as (

    select
        membership.group_id,
        membership.agent_id,
        agents.is_active

    from {{ ref('group_membership') }} as membership

    inner join {{ ref('agents') }} as agents
        on membership.agent_id = agents.agent_id

),

direct as (

    select
        group_id,
        count(*) as members,
        count(*) filter (where is_active) as active
    from members
    group by group_id

),

-- A group is in the tree of each group of its chain, itself first.
tree as (

    select
        ancestor.group_id,
        count(distinct members.agent_id) as members,
        count(distinct members.agent_id) filter (where members.is_active) as active

    from placed

    cross join lateral unnest(placed.chain) as ancestor (group_id)

    inner join members
        on placed.group_id = members.group_id

    group by ancestor.group_id

)

select
    groups.group_id,
    groups.name,
    placed.path,
    placed.depth,
    placed.is_in_cycle,
    coalesce(direct.members, 0) as direct_members,
    coalesce(direct.active, 0) as direct_active,
    coalesce(tree.members, 0) as tree_members,
    coalesce(tree.active, 0) as tree_active

from groups

inner join placed
    on groups.group_id = placed.group_id

left join direct
    on groups.group_id = direct.group_id

left join tree
    on groups.group_id = tree.group_id
