{# One row per role and batch: the accepted record. #}

select
    role_id,
    name,
    description,
    is_default,
    agent_type,
    created_at,
    updated_at,
    {{ place_columns() }}
from {{ ref('base_roles') }}
where outcome = 'staged'
