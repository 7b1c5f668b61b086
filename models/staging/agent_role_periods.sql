{# One row per unbroken run of an agent's role: the day it began and the day it ended, null while it lasts (R24). #}

{% set touched -%}
    select agent_id from {{ ref('landed_agent_details') }}
    where agent_id is not null and source in ({{ changed_batches('agent_details') }})
    {%- if is_incremental() %}
    union
    select agent_id from {{ this }}
    where started_source in ({{ changed_batches('agent_details') }})
        or shown_source in ({{ changed_batches('agent_details') }})
        or ended_source in ({{ changed_batches('agent_details') }})
    {%- endif %}
{%- endset %}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['agent_id', 'role_id', 'started_on'],
    incremental_predicates=['agent_id in (' ~ touched ~ ')'],
) }}

with

unreadable as (

    select distinct file_id, position
    from {{ ref('base_agent_roles') }}
    where findings is not null
        and outcome = 'quarantined'

),

-- Of an agent's batches of one day the last with a readable list stands for the day.
days as (

    select distinct on (details.agent_id, details.sync_date)
        details.agent_id,
        details.sync_date,
        details.source,
        details.content_file_id,
        details.content_position,
        unreadable.file_id is null as is_full

    from {{ ref('stg_agent_details') }} as details

    left join unreadable
        on details.content_file_id = unreadable.file_id
        and details.content_position = unreadable.position

    where details.role_ids is not null
        and details.sync_date is not null
        {%- if is_incremental() %}
        and details.agent_id in ({{ touched }})
        {%- endif %}

    order by details.agent_id, details.sync_date, details.batch_order desc

),

held as (

    select distinct
        days.agent_id,
        days.sync_date,
        roles.role_id

    from days

    inner join {{ ref('base_agent_roles') }} as roles
        on days.content_file_id = roles.file_id
        and days.content_position = roles.position

    where roles.role_id is not null

),

agent_roles as (

    select distinct
        agent_id,
        role_id
    from held

),

-- A list with an unreadable element says nothing of the roles that it lacks.
observed as (

    select
        days.agent_id,
        agent_roles.role_id,
        days.sync_date,
        days.source,
        held.role_id is not null as is_held

    from days

    inner join agent_roles
        on days.agent_id = agent_roles.agent_id

    left join held
        on days.agent_id = held.agent_id
        and days.sync_date = held.sync_date
        and agent_roles.role_id = held.role_id

    where held.role_id is not null or days.is_full

),

compared as (

    select
        observed.*,
        lag(is_held, 1, false) over (partition by agent_id, role_id order by sync_date) as was_held
    from observed

),

numbered as (

    select
        compared.*,
        count(*) filter (where is_held and not was_held) over (
            partition by agent_id, role_id order by sync_date
        ) as period

    from compared

)

select
    agent_id,
    role_id,
    min(sync_date) filter (where is_held) as started_on,
    min(sync_date) filter (where not is_held) as ended_on,
    (array_agg(source order by sync_date) filter (where is_held))[1] as started_source,
    (array_agg(source order by sync_date desc) filter (where is_held))[1] as shown_source,
    (array_agg(source order by sync_date) filter (where not is_held))[1] as ended_source
from numbered
where period > 0
group by agent_id, role_id, period
