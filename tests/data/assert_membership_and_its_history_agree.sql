{# Fails when the present members, and since when, differ from those in the history. A member who joined on no day, #}
{# only in undated batches, is in no history; a group that the latest snapshot does not list has no members, though #}
{# a later incomplete batch may show it again.                                                                      #}

with

membership as (

    select * from {{ ref('group_membership') }}
    where joined_on is not null

),

history as (

    select history.*
    from {{ ref('group_membership_history') }} as history
    inner join {{ ref('groups') }} as groups
        on history.group_id = groups.group_id
    where history.left_on is null
        and groups.is_listed

)

select
    coalesce(membership.group_id, history.group_id) as group_id,
    coalesce(membership.agent_id, history.agent_id) as agent_id,
    membership.joined_on,
    history.joined_on as joined_on_in_history

from membership

full join history
    on membership.group_id = history.group_id
    and membership.agent_id = history.agent_id

where membership.joined_on is distinct from history.joined_on
