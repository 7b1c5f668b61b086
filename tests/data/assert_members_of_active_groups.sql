{# Fails when a group is active without an active agent in its tree, or is inactive though listed with an active #}
{# member of its own.                                                                                            #}

select
    groups.group_id,
    groups.is_active,
    headcount.direct_active,
    headcount.tree_active

from {{ ref('groups') }} as groups

inner join {{ ref('group_headcount') }} as headcount
    on groups.group_id = headcount.group_id

where (groups.is_active and headcount.tree_active = 0)
    or (not groups.is_active and headcount.direct_active > 0)
