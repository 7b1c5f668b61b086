{# One row per day of an agents snapshot: how many agents there are, and who came and went since the one before. #}

{# Days before the first changed one are not computed again. #}
{% set first_changed_on = first_changed_day(['agents', 'agent_details']) %}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key='sync_date',
    incremental_by='sync_date >= ' ~ first_changed_on,
) }}

with

statuses as (

    {{ statuses_with_those_before(first_changed_on) }}

)

select
    sync_date,
    count(*) as known,
    count(*) filter (where is_active) as active,
    count(*) filter (where not is_active) as inactive,
    count(*) filter (where is_deactivated) as deactivated,
    count(*) filter (where is_new) as joined,
    count(*) filter (where not is_active and was_active) as newly_inactive,
    count(*) filter (where is_active and not was_active) as returned
from statuses
group by sync_date
