{# One row per agent that any batch contains, from the current records of the agents list and of agent_details. #}

{{ config(unique_key='agent_id') }}

with

listed as (

    select * from {{ ref('current_agents') }}

),

detailed as (

    select * from {{ ref('current_agent_details') }}

),

{{ listed_now('agents', 'agent_id') }},

-- An agent in the newest dated batch was last seen on its day; earlier days are searched only for the others.
listed_lately as (

    select distinct
        records.agent_id,
        records.sync_date
    from {{ ref('landed_agents') }} as records
    where records.source = (
            select source from {{ ref('snapshots') }}
            where entity = 'agents'
            order by batch_order desc
            limit 1
        )
        and records.agent_id is not null
        and records.is_foreign is not true

),

-- Field by field: from the record that is current by R4 (at a tie the list), its nulls filled from the other.
merged as (

    select
        agent_id,
        {%- for column in [
            'name', 'email', 'job_title', 'language', 'time_zone', 'phone', 'mobile', 'agent_type',
            'is_available', 'available_since',
            'operational_status', 'is_occasional', 'is_focus_mode', 'is_verified', 'is_deactivated',
            'created_at', 'last_active_at',
        ] %}
        {{ first_of(column, 'listed', 'detailed') }} as {{ column }},
        {%- endfor %}

        case when {{ is_first('listed', 'detailed') }} or detailed.agent_id is null
            then listed.updated_at else detailed.updated_at
        end as updated_at,
        case when {{ is_first('listed', 'detailed') }} or detailed.agent_id is null
            then listed.source else detailed.source
        end as source,

        least(listed.first_seen_on, detailed.first_seen_on) as first_seen_on

    from listed

    full join detailed using (agent_id)

),

dated as (

    select
        merged.*,

        -- The last dated batch that lists the agent, in a record that was accepted or not.
        coalesce(listed_lately.sync_date, last_listed.sync_date) as last_seen_on,

        {{ is_listed('agent_id') }} as is_listed

    from merged

    left join present
        on merged.agent_id = present.agent_id

    left join listed_lately
        on merged.agent_id = listed_lately.agent_id

    left join lateral (
        select records.sync_date
        from {{ ref('landed_agents') }} as records
        where listed_lately.agent_id is null
            and records.agent_id = merged.agent_id
            and records.sync_date is not null
            and records.is_foreign is not true
        order by records.batch_order desc
        limit 1
    ) as last_listed on true

)

select
    agent_id,
    name,
    email,
    job_title,
    language,
    time_zone,
    phone,
    mobile,
    agent_type,
    is_available,
    available_since,
    operational_status,
    is_occasional,
    is_focus_mode,
    is_verified,
    coalesce(is_deactivated, false) as is_deactivated,
    is_listed and is_deactivated is not true as is_active,
    created_at,
    updated_at,
    last_active_at,
    first_seen_on,
    last_seen_on,
    source
from dated
