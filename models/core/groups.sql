{# One row per group that any batch contains. A group is active when it is listed, and it or a group below it has an #}
{# active member (R22).                                                                                              #}

{{ config(unique_key='group_id') }}

with

current_groups as (

    select * from {{ ref('current_groups') }}

),

listed as (

    select * from {{ ref('listed_groups') }}

),

active_members as (

    select distinct members.group_id
    from {{ ref('group_membership') }} as members
    inner join {{ ref('agents') }} as agents
        on members.agent_id = agents.agent_id
    where agents.is_active

),

active_trees as (

    select group_id from active_members

    union

    select ancestors.ancestor_id
    from {{ ref('group_ancestors') }} as ancestors
    inner join active_members
        on ancestors.group_id = active_members.group_id

)

select
    current_groups.group_id,
    current_groups.name,
    current_groups.description,
    parents.group_id as parent_group_id,
    current_groups.group_type,
    agents.agent_id as escalate_to_agent_id,
    current_groups.unassigned_for,
    current_groups.business_calendar_id,
    listed.group_id is not null as is_listed,
    listed.group_id is not null and active_trees.group_id is not null as is_active,
    current_groups.created_at,
    current_groups.updated_at,
    current_groups.first_seen_on,
    current_groups.last_seen_on,
    current_groups.source

from current_groups

left join current_groups as parents
    on current_groups.parent_group_id = parents.group_id

left join {{ ref('agents') }} as agents
    on current_groups.escalate_to_agent_id = agents.agent_id

left join listed
    on current_groups.group_id = listed.group_id

left join active_trees
    on current_groups.group_id = active_trees.group_id
