{# One row per group and batch: the accepted record. #}

select
    group_id,
    name,
    description,
    parent_group_id,
    group_type,
    escalate_to_agent_id,
    unassigned_for,
    business_calendar_id,
    agent_ids,
    created_at,
    updated_at,
    {{ place_columns() }}
from {{ ref('base_groups') }}
where outcome = 'staged'
