{# One row per role that any batch knows. #}

{{ config(unique_key='role_id') }}

select
    role_id,
    name,
    description,
    is_default,
    agent_type,
    created_at,
    updated_at,
    first_seen_on,
    last_seen_on,
    source
from {{ ref('current_roles') }}
