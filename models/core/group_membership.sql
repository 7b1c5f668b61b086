{# One row per group and agent that is its member now, with the first day of the unbroken run (R23). #}

{{ config(unique_key=['group_id', 'agent_id']) }}

with

listings as (

    select * from {{ ref('group_listings') }}

),

elements as (

    select * from {{ ref('stg_group_membership') }}

),

latest_full as (

    select
        group_id,
        max(batch_order) as batch_order
    from listings
    where kind = 'full'
    group by group_id

),

-- The latest readable list, and what lists with an unreadable element added after it.
members as (

    select
        elements.group_id,
        elements.agent_id,
        (array_agg(elements.source order by elements.batch_order desc))[1] as source

    from elements

    inner join {{ ref('listed_groups') }} as listed_groups
        on elements.group_id = listed_groups.group_id

    left join latest_full
        on elements.group_id = latest_full.group_id

    group by elements.group_id, elements.agent_id, latest_full.batch_order

    having latest_full.batch_order is null or max(elements.batch_order) >= latest_full.batch_order

),

-- A readable list without the agent ends its run, and so does the group's absence from a snapshot.
ended as (

    select
        members.group_id,
        members.agent_id,
        max(listings.batch_order) filter (where listings.kind = 'full') as last_unlisted,
        max(listings.batch_order) filter (where listings.kind = 'absent') as last_absent

    from members

    inner join listings
        on members.group_id = listings.group_id

    left join elements
        on listings.group_id = elements.group_id
        and listings.source = elements.source
        and members.agent_id = elements.agent_id

    where elements.agent_id is null

    group by members.group_id, members.agent_id

),

started as (

    select
        members.group_id,
        members.agent_id,
        members.source,
        ended.last_absent,
        min(elements.batch_order) as first_listed

    from members

    left join ended
        on members.group_id = ended.group_id
        and members.agent_id = ended.agent_id

    inner join elements
        on members.group_id = elements.group_id
        and members.agent_id = elements.agent_id
        and (ended.last_unlisted is null or elements.batch_order > ended.last_unlisted)

    group by members.group_id, members.agent_id, members.source, ended.last_absent

),

dated as (

    select
        started.group_id,
        started.agent_id,
        min(listings.sync_date) as joined_on,
        started.source

    from started

    inner join listings
        on started.group_id = listings.group_id
        and listings.kind <> 'absent'
        and listings.batch_order >= started.first_listed
        and (started.last_absent is null or listings.batch_order > started.last_absent)

    group by started.group_id, started.agent_id, started.source

)

select
    group_id,
    agent_id,
    joined_on,
    source
from dated
