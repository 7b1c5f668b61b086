{# One row per user of BILL that any batch of users contains. #}

{{ config(unique_key='user_id') }}

with

{{ listed_now('users', 'user_id') }}

select
    current_users.user_id,
    current_users.user_uuid,
    current_users.name,
    current_users.first_name,
    current_users.last_name,
    current_users.email,
    current_users.role,
    current_users.is_retired,
    current_users.created_at,
    {{ is_listed('user_id') }} as is_listed,
    current_users.first_seen_on,
    current_users.last_seen_on,
    current_users.source

from {{ ref('current_users') }} as current_users

left join present
    on current_users.user_id = present.user_id
