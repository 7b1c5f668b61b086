{# Fails when who is a member now, and since when, is not who the history says is one still. Who joined on no day, in #}
{# undated batches alone, is in no history.                                                                           #}

select
    coalesce(membership.group_id, history.group_id) as group_id,
    coalesce(membership.agent_id, history.agent_id) as agent_id,
    membership.joined_on,
    history.joined_on as joined_on_in_history

from (select * from {{ ref('group_membership') }} where joined_on is not null) as membership

full join (select * from {{ ref('group_membership_history') }} where left_on is null) as history
    on membership.group_id = history.group_id
    and membership.agent_id = history.agent_id

where membership.joined_on is distinct from history.joined_on
