{# One row per group, id of an agent, known or not, and unbroken run of its membership (R23): the first day on which #}
{# a dated batch shows it, and the day on which one shows that it has ended.                                         #}

{# A batch can change its own day and those after it; an undated one, which ranks before all days, can change any. #}
{% set first_changed_on = first_changed_day(['admin_groups']) %}

{% set since -%}
    {{ in_increments('source in (' ~ listed(
        "select source from " ~ ref('base_batches') ~ " where entity = 'admin_groups'"
        ~ " and coalesce(sync_date, '-infinity') >= " ~ first_changed_on
    ) ~ ')') }}
{%- endset %}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key=['group_id', 'agent_id', 'joined_on'],
    incremental_predicates=[reaches(first_changed_on, 'left_on')],
) }}

-- depends_on: {{ ref('base_batches') }}, {{ ref('stg_groups') }}

with

records as (

    select * from {{ ref('landed_admin_groups') }}
    where group_id is not null
        and {{ since }}

),

elements as (

    select * from {{ ref('staged_group_membership') }}
    where {{ since }}

),

snapshots as (

    select * from {{ ref('snapshots') }}
    where entity = 'admin_groups'
        and takes_part
        and {{ since }}

),

listed as (

    {{ lists_of_groups('records') }}

),

{% if is_incremental() -%}
-- Members when the first changed day began.
carried as (

    select group_id, agent_id, joined_on, source
    from {{ this }}
    where joined_on < {{ first_changed_on }}
        and {{ reaches(first_changed_on, 'left_on') }}

),

-- Groups without any then may have been absent: their last list counts again when they come back.
latest_full as (

    select
        groups.group_id,
        coalesce(latest.batch_order, '') as batch_order

    from (select distinct group_id from listed) as groups

    left join lateral (
        select records.batch_order
        from {{ ref('stg_groups') }} as records
        where records.group_id = groups.group_id
            and records.agent_ids is not null
            and records.batch_order < to_char({{ first_changed_on }}, 'YYYY-MM-DD') collate "C"
            and not {{ has_unreadable_element('records') }}
        order by records.batch_order desc
        limit 1
    ) as latest on true

    where groups.group_id not in (select group_id from carried)

),

known_before as (

    select group_id, agent_id, joined_on, source from carried

    union all

    select distinct
        latest_full.group_id,
        earlier.agent_id,
        null::date,
        null::text

    from latest_full

    cross join lateral (
        {% call computed_once() %}
        select elements.agent_id
        from {{ ref('staged_group_membership') }} as elements
        where elements.group_id = latest_full.group_id
            and elements.batch_order >= latest_full.batch_order
            and elements.batch_order < to_char({{ first_changed_on }}, 'YYYY-MM-DD') collate "C"
        {%- endcall %}
    ) as earlier

),

{% endif -%}
-- Whom a group ever lists.
listings as (

    select group_id, agent_id from elements
    {%- if is_incremental() %}
    union
    select group_id, agent_id from known_before
    {%- else %}
    group by group_id, agent_id
    {%- endif %}

),

events as (

    select group_id, source, sync_date, batch_order, kind from listed

    union all

    -- A group that was listed before, and is not in a snapshot.
    select
        known.group_id,
        snapshots.source,
        snapshots.sync_date,
        snapshots.batch_order,
        'absent'

    from snapshots

    cross join (select distinct group_id from listings) as known

    left join listed
        on known.group_id = listed.group_id
        and snapshots.source = listed.source

    where listed.group_id is null

),

signs as (

    select
        listings.group_id,
        listings.agent_id,
        events.source,
        events.sync_date,
        events.batch_order,
        null::date as joined_on,
        events.kind <> 'absent' as is_group_listed,
        case
            when elements.agent_id is not null then true
            when events.kind = 'full' then false
        end as is_in_list

    from events

    inner join listings
        on events.group_id = listings.group_id

    left join (select distinct group_id, agent_id, source from elements) as elements
        on events.group_id = elements.group_id
        and events.source = elements.source
        and listings.agent_id = elements.agent_id
    {%- if is_incremental() %}

    union all

    -- On the list before all of this; a member, where a run had begun.
    select group_id, agent_id, source, null, '', joined_on, joined_on is not null, true from known_before
    {%- endif %}

),

-- A list that is not known, or cannot be read, leaves on the list who was on it.
numbered as (

    select
        signs.*,
        count(is_in_list) over in_time as list
    from signs
    window in_time as (partition by group_id, agent_id order by batch_order)

),

standing as (

    select
        numbered.*,
        is_group_listed
            and coalesce(bool_or(is_in_list) over (partition by group_id, agent_id, list), false) as is_member
    from numbered

),

parted as (

    select
        standing.*,
        count(*) filter (where not is_member) over (
            partition by group_id, agent_id order by batch_order
        ) as ends
    from standing

),

-- A run, and the end before it.
runs as (

    select
        group_id,
        agent_id,
        ends,
        min(coalesce(joined_on, sync_date)) filter (where is_member) as joined_on,
        min(sync_date) filter (where not is_member) as ended_on,
        (array_agg(source order by batch_order) filter (
            where is_member and coalesce(joined_on, sync_date) is not null
        ))[1] as source
    from parted
    group by group_id, agent_id, ends

),

dated as (

    select
        group_id,
        agent_id,
        joined_on,
        lead(ended_on) over (partition by group_id, agent_id order by ends) as left_on,
        source
    from runs

)

-- What ends on the day on which it began was on no day.
select * from dated
where joined_on is not null
    and joined_on is distinct from left_on
