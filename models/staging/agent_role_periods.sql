{# One row per unbroken run of an agent's role: the day it began and the day it ended, null while it lasts (R24). #}

{% set changed = changed_batches(['agents', 'agent_details']) %}

{# Removing a list between the first and the last of a run does not change the run, but may uncover a hidden list. #}
{% set touched -%}
    select agent_id from {{ ref('landed_agent_details') }}
    where agent_id is not null and source in ({{ changed_batches('agent_details') }})
    union
    select agent_id from {{ ref('stg_agents') }}
    where role_ids is not null and source in ({{ changed }})
    union
    select agent_id from {{ this }}
    where first_source in ({{ changed }})
        or started_source in ({{ changed }})
        or shown_source in ({{ changed }})
        or ended_source in ({{ changed }})
{%- endset %}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['agent_id', 'role_id', 'started_on'],
    incremental_predicates=['agent_id in (' ~ touched ~ ')'],
) }}

with

elements as {{ copied() }} (

    {% for feed, relation in role_feeds() -%}
    select
        file_id,
        position,
        role_id,
        findings is not null and outcome = 'quarantined' as is_unreadable
    from {{ ref('base_' ~ relation) }}
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

unreadable as (

    select distinct file_id, position
    from elements
    where is_unreadable

),

-- The last batch of a day with a readable list of the agent is the one that counts for the day.
days as (

    select distinct on (lists.agent_id, lists.sync_date)
        lists.agent_id,
        lists.sync_date,
        lists.source,
        lists.content_file_id,
        lists.content_position,
        unreadable.file_id is null as is_full

    from {{ ref('role_lists') }} as lists

    left join unreadable
        on lists.content_file_id = unreadable.file_id
        and lists.content_position = unreadable.position

    where lists.sync_date is not null
        and {{ in_increments('lists.agent_id in (' ~ touched ~ ')') }}

    order by lists.agent_id, lists.sync_date, lists.batch_order desc

),

first_days as (

    select distinct on (agent_id)
        agent_id,
        sync_date,
        source
    from days
    order by agent_id, sync_date

),

held as (

    select distinct
        days.agent_id,
        days.sync_date,
        roles.role_id

    from days

    inner join elements as roles
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

-- A list with an unreadable element tells nothing about roles that it lacks.
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

),

runs as (

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

)

select
    runs.agent_id,
    runs.role_id,
    runs.started_on,
    runs.ended_on,
    runs.started_on = first_days.sync_date as is_from_start,
    first_days.source as first_source,
    runs.started_source,
    runs.shown_source,
    runs.ended_source

from runs

inner join first_days
    on runs.agent_id = first_days.agent_id
