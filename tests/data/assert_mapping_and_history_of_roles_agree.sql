{# Fails when the last change of an agent's role in the history differs from the mapping, or when only one of them #}
{# has the role.                                                                                                   #}

with

latest as (

    select distinct on (agent_id, role_id)
        agent_id,
        role_id,
        action,
        action_at
    from {{ ref('agent_role_history') }}
    order by agent_id, role_id, action_at desc

)

select
    agent_id,
    role_id,
    latest.action,
    latest.action_at,
    mapping.status,
    mapping.assigned_at,
    mapping.removed_at

from latest

full join {{ ref('agent_role_mapping') }} as mapping
    using (agent_id, role_id)

where latest.action is distinct from mapping.status
    or latest.action_at is distinct from coalesce(mapping.removed_at, mapping.assigned_at)
