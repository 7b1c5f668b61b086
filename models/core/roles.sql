{# One row per role that any batch contains. #}

{{ config(unique_key='role_id') }}

with

{{ listed_now('roles', 'role_id') }}

select
    current_roles.role_id,
    current_roles.name,
    current_roles.description,
    current_roles.is_default,
    current_roles.agent_type,
    {{ is_listed('role_id') }} as is_listed,
    current_roles.created_at,
    current_roles.updated_at,
    current_roles.first_seen_on,
    current_roles.last_seen_on,
    current_roles.source

from {{ ref('current_roles') }} as current_roles

left join present
    on current_roles.role_id = present.role_id
