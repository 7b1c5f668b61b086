{# One row per group and agent that is its member now, with the first day of the unbroken run (R23). #}

{{ config(unique_key=['group_id', 'agent_id']) }}

-- depends_on: {{ ref('base_batches') }}

with

elements as {{ copied() }} (

    select * from {{ ref('staged_group_membership') }}

),

latest_full as (

    select
        listed_groups.group_id,
        coalesce(latest.batch_order, '') as batch_order

    from {{ ref('listed_groups') }} as listed_groups

    left join lateral (
        select records.batch_order
        from {{ ref('stg_groups') }} as records
        where records.group_id = listed_groups.group_id
            and records.agent_ids is not null
            and not {{ has_unreadable_element('records') }}
        order by records.batch_order desc
        limit 1
    ) as latest on true

),

-- The latest readable list, and what lists with an unreadable element added after it.
members as (

    select
        latest_full.group_id,
        listed.agent_id,
        (array_agg(listed.source order by listed.batch_order desc))[1] as source

    from latest_full

    cross join lateral (
        {% call computed_once() %}
        select elements.agent_id, elements.source, elements.batch_order
        from elements
        where elements.group_id = latest_full.group_id
            and elements.batch_order >= latest_full.batch_order
        {%- endcall %}
    ) as listed

    inner join {{ ref('known_agents') }} as agents
        on listed.agent_id = agents.agent_id

    group by latest_full.group_id, listed.agent_id

),

{% if is_incremental() -%}
changed as (

    select * from {{ ref('base_batches') }}
    where entity = 'admin_groups'
        and changed_in > {{ last_built() }}

),

listed_again as (

    select
        elements.group_id,
        elements.agent_id,
        count(distinct elements.source) as batches
    from elements
    where elements.source in ({{ changed_batches('admin_groups') }})
    group by elements.group_id, elements.agent_id

),

-- Runs that go on: they began before all changed batches, each of these lists the member, and no other batch is as new.
going_on as (

    select
        existing.group_id,
        existing.agent_id,
        existing.joined_on

    from {{ this }} as existing

    left join listed_again
        on existing.group_id = listed_again.group_id
        and existing.agent_id = listed_again.agent_id

    where existing.joined_on < (select coalesce(min(sync_date), 'infinity') from changed)
        and coalesce(listed_again.batches, 0) = (select count(*) from changed)
        and not exists (
            select from {{ ref('base_batches') }}
            where entity = 'admin_groups'
                and changed_in <= {{ last_built() }}
                and batch_order >= (select min(batch_order) from changed)
        )

),

{% endif -%}
-- The runs whose first day is to be found among the listings of all days.
sought as (

    select members.*
    from members
    {%- if is_incremental() %}
    left join going_on
        on members.group_id = going_on.group_id
        and members.agent_id = going_on.agent_id
    where going_on.group_id is null
    {%- endif %}

),

{{ group_listings('sought') }},

listed_before as (

    select
        sought.group_id,
        sought.agent_id,
        listed.source,
        listed.batch_order

    from sought
    {% if is_incremental() %}
    -- A few, looked up one by one: the planner expects more, and would read the listings of all days.
    cross join lateral (
        {% call computed_once() %}
        select elements.source, elements.batch_order
        from elements
        where elements.group_id = sought.group_id
            and elements.agent_id = sought.agent_id
        {%- endcall %}
    ) as listed
    {%- else %}
    inner join elements as listed
        on sought.group_id = listed.group_id
        and sought.agent_id = listed.agent_id
    {%- endif %}

),

-- A readable list without the agent ends its run, and so does the group's absence from a snapshot.
ended as (

    select
        sought.group_id,
        sought.agent_id,
        max(listings.batch_order) filter (where listings.kind = 'full') as last_unlisted,
        max(listings.batch_order) filter (where listings.kind = 'absent') as last_absent

    from sought

    inner join listings
        on sought.group_id = listings.group_id

    left join listed_before
        on listings.group_id = listed_before.group_id
        and listings.source = listed_before.source
        and sought.agent_id = listed_before.agent_id

    where listed_before.agent_id is null

    group by sought.group_id, sought.agent_id

),

started as (

    select
        listed_before.group_id,
        listed_before.agent_id,
        ended.last_absent,
        min(listed_before.batch_order) as first_listed

    from listed_before

    left join ended
        on listed_before.group_id = ended.group_id
        and listed_before.agent_id = ended.agent_id

    where ended.last_unlisted is null or listed_before.batch_order > ended.last_unlisted

    group by listed_before.group_id, listed_before.agent_id, ended.last_absent

),

dated as (

    select
        started.group_id,
        started.agent_id,
        min(listings.sync_date) as joined_on

    from started

    inner join listings
        on started.group_id = listings.group_id
        and listings.kind <> 'absent'
        and listings.batch_order >= started.first_listed
        and (started.last_absent is null or listings.batch_order > started.last_absent)

    group by started.group_id, started.agent_id

    {%- if is_incremental() %}

    union all

    select * from going_on
    {%- endif %}

)

select
    members.group_id,
    members.agent_id,
    dated.joined_on,
    members.source

from members

inner join dated
    on members.group_id = dated.group_id
    and members.agent_id = dated.agent_id
