{# One row per agent, day and change since the day before. marts.agent_movements adds the agent's name. #}

{# Days before the first changed one are not computed again. #}
{% set first_changed_on = first_changed_day(['agents', 'agent_details']) %}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['sync_date', 'agent_id', 'movement'],
    incremental_by='sync_date >= ' ~ first_changed_on,
) }}

with

statuses as (

    {{ statuses_with_those_before(first_changed_on) }}

)

select
    statuses.sync_date,
    statuses.agent_id,
    changes.movement

from statuses

cross join lateral (
    values
    ('joined', is_new),
    ('left', was_listed and not is_listed),
    ('returned', not was_listed and is_listed),
    ('deactivated', not was_deactivated and is_deactivated),
    ('reactivated', was_deactivated and not is_deactivated)
) as changes (movement, has_happened)

where changes.has_happened
