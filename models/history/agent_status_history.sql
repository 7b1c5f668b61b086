{# One row per agent and dated batch that takes part in absence, for agents first seen by that day (R25). #}

{# A batch can change its own day and those after it; an undated one, which ranks before all days, can change any. #}
{% set first_changed_on = first_changed_day(['agents', 'agent_details']) %}

{{ config(
    unique_key=['agent_id', 'sync_date'],
    incremental_predicates=['sync_date >= ' ~ first_changed_on],
) }}

with

-- Of the batches of one date the last that takes part stands for the day.
days as (

    select distinct on (sync_date)
        sync_date,
        source,
        -- After all batches of the day, as a blank follows the day in batch_order.
        to_char(sync_date, 'YYYY-MM-DD!') collate "C" as end_of_day
    from {{ ref('snapshots') }}
    where entity = 'agents' and takes_part
        {%- if is_incremental() %}
        and sync_date >= {{ first_changed_on }}
        {%- endif %}
    order by sync_date, batch_order desc

),

agent_days as (

    select
        agents.agent_id,
        days.sync_date,
        days.source,
        days.end_of_day

    from days

    inner join {{ ref('agents') }} as agents
        on days.sync_date >= agents.first_seen_on

),

present as (

    select distinct records.agent_id, records.source
    from {{ ref('base_agents') }} as records
    inner join days
        on records.source = days.source
    where records.agent_id is not null

),

-- The records that were current on the day, of either feed: what is current now, where it is not of a later day.
as_of_day as (

    select
        agent_days.agent_id,
        agent_days.sync_date,
        agent_days.source,
        present.agent_id is not null as is_listed,
        {%- for column in ['is_deactivated', 'operational_status', 'is_available'] %}
        {{ first_of(column, 'listed', 'detailed') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from agent_days

    left join present
        on agent_days.agent_id = present.agent_id
        and agent_days.source = present.source
    {%- for name, current, staged in [
        ('listed', ref('current_agents'), ref('stg_agents')),
        ('detailed', ref('current_agent_details'), ref('stg_agent_details')),
    ] %}

    left join {{ current }} as {{ name }}_now
        on agent_days.agent_id = {{ name }}_now.agent_id

    left join lateral (
        select * from {{ staged }} as records
        where {{ name }}_now.batch_order >= agent_days.end_of_day
            and records.agent_id = agent_days.agent_id
            and records.batch_order < agent_days.end_of_day
        order by records.batch_order desc
        limit 1
    ) as {{ name }}_then on true

    cross join lateral (
        select
            {%- for column in ['batch_order', 'updated_at', 'is_deactivated', 'operational_status', 'is_available'] %}
            case when {{ name }}_now.batch_order < agent_days.end_of_day then {{ name }}_now.{{ column }} else {{ name }}_then.{{ column }} end as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
    ) as {{ name }}
    {%- endfor %}

)

select
    agent_id,
    sync_date,
    is_listed and is_deactivated is not true as is_active,
    is_deactivated,
    is_listed,
    operational_status,
    is_available,
    source
from as_of_day
{%- if is_incremental() %}
-- In the order of the primary key, whose pages then take the rows one after the other.
order by agent_id
{%- endif %}
