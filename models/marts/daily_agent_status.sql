{# One row per day of an agents snapshot: how many agents there are, and who came and went since the one before. #}

{{ config(unique_key='sync_date') }}

with

statuses as (

    select
        sync_date,
        is_active,
        is_deactivated,
        lag(is_active) over (partition by agent_id order by sync_date) as was_active
    from {{ ref('agent_status_history') }}

)

select
    sync_date,
    count(*) as known,
    count(*) filter (where is_active) as active,
    count(*) filter (where not is_active) as inactive,
    count(*) filter (where is_deactivated) as deactivated,
    count(*) filter (where not is_active and was_active) as newly_inactive,
    count(*) filter (where is_active and not was_active) as returned
from statuses
group by sync_date
