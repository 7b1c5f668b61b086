{# One row per group, agent id (known or not) and unbroken run of its membership (R23): the first day on which a #}
{# dated batch shows it, and the day on which one shows its end.                                                 #}

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
        and is_foreign is not true
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
-- Members at the beginning of the first changed day.
carried as (

    select group_id, agent_id, joined_on, source
    from {{ this }}
    where joined_on < {{ first_changed_on }}
        and {{ reaches(first_changed_on, 'left_on') }}

),

-- Groups without members at that time may have been absent: their last list counts again when they come back.
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
-- Groups that list a member in any batch.
groups as (

    select distinct group_id from elements
    {%- if is_incremental() %}
    union
    select group_id from known_before
    {%- endif %}

),

-- The events of a group, batch by batch. `before` is one event for everything before the first changed day.
events as (

    select group_id, source, sync_date, batch_order, kind from listed

    union all

    select
        groups.group_id,
        snapshots.source,
        snapshots.sync_date,
        snapshots.batch_order,
        'absent'

    from snapshots

    cross join groups

    left join listed
        on groups.group_id = listed.group_id
        and snapshots.source = listed.source

    where listed.group_id is null
    {%- if is_incremental() %}

    union all

    select distinct
        group_id,
        'before',
        null::date,
        '',
        case when joined_on is null then 'absent' else 'before' end
    from known_before
    {%- endif %}

),

numbered as (

    select
        events.*,
        row_number() over in_time as number,
        count(*) filter (where kind = 'full') over in_time as lists,
        count(*) filter (where kind = 'absent') over in_time as absences
    from events
    window in_time as (partition by group_id order by batch_order, source)

),

-- Each time that an agent is on a list.
listings as (

    select
        elements.group_id,
        elements.agent_id,
        numbered.number,
        numbered.lists,
        -- The number of readable lists before this one.
        numbered.lists - (numbered.kind = 'full')::int as lists_before
    from elements
    inner join numbered
        on elements.group_id = numbered.group_id
        and elements.source = numbered.source
    {%- if is_incremental() %}

    union all

    select
        known_before.group_id,
        known_before.agent_id,
        numbered.number,
        numbered.lists,
        numbered.lists
    from known_before
    inner join numbered
        on known_before.group_id = numbered.group_id
        and numbered.source = 'before'
    {%- endif %}

),

-- Stretches on the list: a stretch ends with a readable list without the agent. After an unknown or unreadable list the
-- earlier members stay.
on_list as (

    select
        group_id,
        agent_id,
        min(number) as first_number,
        max(lists) as last_list
    from (
        select
            parted.*,
            count(*) filter (where is_first) over (partition by group_id, agent_id order by number) as stretch
        from (
            select
                listings.*,
                lists_before > lag(lists) over (partition by group_id, agent_id order by number) as is_first
            from listings
        ) as parted
    ) as stretches
    group by group_id, agent_id, stretch

),

-- Stretches in which the group is not absent.
there as (

    select
        group_id,
        absences,
        min(number) as first_number,
        max(number) as last_number,
        min(number) filter (where sync_date is not null) as first_dated
    from numbered
    where kind <> 'absent'
    group by group_id, absences

),

-- A run is the overlap of two such stretches.
runs as (

    select
        on_list.group_id,
        on_list.agent_id,
        greatest(on_list.first_number, there.first_number) as first_number,
        greatest(on_list.first_number, there.first_dated) as dated_number,
        least(struck.number, absence.number) as end_number

    from on_list

    left join numbered as struck
        on on_list.group_id = struck.group_id
        and on_list.last_list + 1 = struck.lists
        and struck.kind = 'full'

    inner join there
        on on_list.group_id = there.group_id
        and on_list.first_number <= there.last_number
        and (there.first_number < struck.number or struck.number is null)

    left join numbered as absence
        on there.group_id = absence.group_id
        and there.absences + 1 = absence.absences
        and absence.kind = 'absent'

),

dated as (

    select
        runs.group_id,
        runs.agent_id,
        {%- if is_incremental() %}
        coalesce(carried.joined_on, started.sync_date) as joined_on,
        {%- else %}
        started.sync_date as joined_on,
        {%- endif %}
        ended.sync_date as left_on,
        {%- if is_incremental() %}
        coalesce(carried.source, started.source) as source
        {%- else %}
        started.source
        {%- endif %}

    from runs

    left join numbered as started
        on runs.group_id = started.group_id
        and runs.dated_number = started.number
        and (runs.dated_number < runs.end_number or runs.end_number is null)

    left join numbered as ended
        on runs.group_id = ended.group_id
        and runs.end_number = ended.number
    {%- if is_incremental() %}

    left join carried
        on runs.group_id = carried.group_id
        and runs.agent_id = carried.agent_id
        and runs.first_number = 1
    {%- endif %}

)

-- A run that ends on the day on which it began covers no day.
select * from dated
where joined_on is not null
    and joined_on is distinct from left_on
