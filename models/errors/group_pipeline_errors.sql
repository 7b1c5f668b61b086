{# One row per rule that a record of admin_groups, or an element of its agent_ids, failed, open or resolved. #}

with

current_groups as (

    select * from {{ ref('current_groups') }}

),

agents as (

    select * from {{ ref('known_agents') }}

),

unknown_members as (

    select * from {{ ref('unknown_members') }}

),

-- The rules on relations judge the current record of a group.
unknown_escalations as (

    select current_groups.*
    from current_groups
    left join agents
        on current_groups.escalate_to_agent_id = agents.agent_id
    where current_groups.escalate_to_agent_id is not null
        and agents.agent_id is null

),

unknown_parents as (

    select current_groups.*
    from current_groups
    left join current_groups as parents
        on current_groups.parent_group_id = parents.group_id
    where current_groups.parent_group_id is not null
        and parents.group_id is null

),

cycles as (

    select current_groups.*
    from current_groups
    inner join {{ ref('group_ancestors') }} as ancestors
        on current_groups.group_id = ancestors.group_id
        and current_groups.group_id = ancestors.ancestor_id

),

found as (

    {{ findings_of(noted_records('admin_groups', 'group_id'), 'admin_groups', ['records.group_id']) }}

    union all

    -- An element that names no known agent is refused, so its conversion no longer matters.
    {{ findings_of(ref('landed_group_membership'), 'admin_groups', ['records.group_id'], place='records.place',
        where='(records.agent_id is null or records.agent_id in (select agent_id from agents))') }}

    union all

    {{ relation_error('unknown_members', 'admin_groups', ['records.group_id'],
        'error', 'unknown_agent', 'agent_ids', 'records.agent_id',
        'no batch knows this agent', place='records.place') }}

    union all

    {{ relation_error('unknown_escalations', 'admin_groups', ['records.group_id'],
        'warning', 'unknown_agent', 'escalate_to', 'records.escalate_to_agent_id',
        'no batch knows this agent: kept as null') }}

    union all

    {{ relation_error('unknown_parents', 'admin_groups', ['records.group_id'],
        'warning', 'unknown_parent_group', 'parent_group_id', 'records.parent_group_id',
        'no batch knows this group: kept as null') }}

    union all

    {{ relation_error('cycles', 'admin_groups', ['records.group_id'],
        'warning', 'hierarchy_cycle', 'parent_group_id', 'records.parent_group_id',
        'the group is above itself: the parent is kept') }}

    union all

    {{ refused_files(['admin_groups'], {'group_id': 'bigint'}) }}

    union all

    {{ incomplete_snapshots('admin_groups', {'group_id': 'bigint'}) }}

),

{{ error_table(['group_id']) }}
