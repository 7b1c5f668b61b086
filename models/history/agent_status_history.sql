{# One row per agent and dated batch that takes part in absence, for agents first seen by that day (R25). #}

{# A batch can change its own day and those after it; an undated one, which ranks before all days, can change any. #}
{% set first_changed_on = first_changed_day(['agents', 'agent_details']) %}

{% set columns = ['updated_at', 'is_deactivated', 'operational_status', 'is_available'] %}

{% set feeds = [
    ('listed', ref('current_agents'), ref('stg_agents')),
    ('detailed', ref('current_agent_details'), ref('stg_agent_details')),
] %}

{{ config(
    unique_key=['agent_id', 'sync_date'],
    incremental_predicates=['sync_date >= ' ~ first_changed_on],
) }}

{% set that_count -%}
    where entity = 'agents' and takes_part and {{ in_increments('sync_date >= ' ~ first_changed_on) }}
{%- endset %}

with

-- The last batch of a date that takes part in absence is the one that counts for the day.
days as (

    select distinct on (sync_date)
        sync_date,
        source,
        -- A text that sorts after all batches of the day, as in batch_order a blank follows the day.
        to_char(sync_date, 'YYYY-MM-DD!') collate "C" as end_of_day
    from {{ ref('snapshots') }}
    {{ that_count }}
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

    select distinct agent_id, source
    from {{ ref('landed_agents') }}
    where source in ({{ listed('select source from ' ~ ref('snapshots') ~ ' ' ~ that_count) }})
        and agent_id is not null

),

{% for name, current, staged in feeds -%}
-- Agents whose history has days before their current record: only for them are earlier records read.
late_{{ name }} as (

    select distinct agent_days.agent_id
    from agent_days
    inner join {{ current }} as current_records
        on agent_days.agent_id = current_records.agent_id
    where current_records.batch_order >= agent_days.end_of_day

),

records_{{ name }} as (

    select records.*
    from late_{{ name }} as late
    cross join lateral (
        {% call computed_once() %}
        select agent_id, batch_order, {{ columns | join(', ') }}
        from {{ staged }} as staged
        where staged.agent_id = late.agent_id
        {%- endcall %}
    ) as records

),

-- Records and ends of days in one sequence, to find the last record before each end.
ends_{{ name }} as (

    select
        moments.*,
        max(batch_order) over (partition by agent_id order by moment) as last_batch_order
    from (
        select agent_id, batch_order as moment, batch_order, null as end_of_day
        from records_{{ name }}
        union all
        select agent_days.agent_id, agent_days.end_of_day, null, agent_days.end_of_day
        from agent_days
        inner join late_{{ name }} as late
            on agent_days.agent_id = late.agent_id
    ) as moments

),

then_{{ name }} as (

    select
        ends.end_of_day,
        records.*
    from ends_{{ name }} as ends
    inner join records_{{ name }} as records
        on ends.agent_id = records.agent_id
        and ends.last_batch_order = records.batch_order
    where ends.end_of_day is not null

),

{% endfor -%}

-- The records of both feeds that were current on the day: the current record, unless it is of a later day.
as_of_day as (

    select
        agent_days.agent_id,
        agent_days.sync_date,
        agent_days.source,
        present.agent_id is not null as is_listed,
        {%- for column in columns[1:] %}
        {{ first_of(column, 'listed', 'detailed') }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from agent_days

    left join present
        on agent_days.agent_id = present.agent_id
        and agent_days.source = present.source
    {%- for name, current, staged in feeds %}

    left join {{ current }} as {{ name }}_now
        on agent_days.agent_id = {{ name }}_now.agent_id

    left join then_{{ name }} as {{ name }}_then
        on agent_days.agent_id = {{ name }}_then.agent_id
        and agent_days.end_of_day = {{ name }}_then.end_of_day

    cross join lateral (
        select
            {%- for column in ['batch_order'] + columns %}
            case when {{ name }}_now.batch_order < agent_days.end_of_day
                then {{ name }}_now.{{ column }} else {{ name }}_then.{{ column }} end as {{ column }}
            {{- ',' if not loop.last }}
            {%- endfor %}
    ) as {{ name }}
    {%- endfor %}

)

select
    agent_id,
    sync_date,
    is_listed and is_deactivated is not true as is_active,
    coalesce(is_deactivated, false) as is_deactivated,
    is_listed,
    operational_status,
    is_available,
    source
from as_of_day
{%- if is_incremental() %}
-- In the order of the primary key, whose pages are then filled one after the other; for a whole table it is created
-- after the rows are in.
order by agent_id
{%- endif %}
