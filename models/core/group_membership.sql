{# One row per group and agent who is a member now, with the first day of the unbroken run (R23). #}

{{ config(unique_key=['group_id', 'agent_id']) }}

with

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

-- The members on the latest readable list, and those that later lists with an unreadable element add.
members as (

    select
        latest_full.group_id,
        listed.agent_id,
        (array_agg(listed.source order by listed.batch_order desc))[1] as source

    from latest_full

    cross join lateral (
        {% call computed_once() %}
        select elements.agent_id, elements.source, elements.batch_order
        from {{ ref('staged_group_membership') }} as elements
        where elements.group_id = latest_full.group_id
            and elements.batch_order >= latest_full.batch_order
        {%- endcall %}
    ) as listed

    inner join {{ ref('known_agents') }} as agents
        on listed.agent_id = agents.agent_id

    group by latest_full.group_id, listed.agent_id

)

select
    members.group_id,
    members.agent_id,
    periods.joined_on,
    members.source

from members

left join {{ ref('group_membership_periods') }} as periods
    on members.group_id = periods.group_id
    and members.agent_id = periods.agent_id
    and periods.left_on is null
