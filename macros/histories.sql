{# Histories of the values in snapshots, from day to day: R30. #}


{# The first date for which a batch of an entity changed since this model was last published, null when none did. #}
{# Runs that ended before it are unchanged. Undated batches take no part.                                         #}
{% macro first_changed_date(entity) -%}
    {%- if execute and is_incremental() -%}
    {%- set first -%}
    select quote_nullable(min(sync_date)::text) as day
    from {{ ref('base_batches') }}
    where entity = '{{ entity }}'
        and changed_in > {{ last_built() }}
    {%- endset -%}
    {{ run_query(first).columns[0].values()[0] }}::date
    {%- else -%}
    '-infinity'::date
    {%- endif -%}
{%- endmacro %}


{# The batches of an entity from a day on, by name, for the planner; all dated ones in a full build. #}
{% macro is_of_day_since(entity, day) -%}
    sync_date is not null
    and {{ in_increments('source in (' ~ listed(
        "select source from " ~ ref('base_batches') ~ " where entity = '" ~ entity ~ "' and sync_date >= " ~ day
    ) ~ ')') }}
{%- endmacro %}


{# Whether a run reaches the first changed day: such rows are computed again. #}
{% macro reaches(day, column) -%}
    coalesce({{ column }}, 'infinity'::date) >= {{ day }}
{%- endmacro %}


{# CTEs that end in `runs`: a row per unbroken run of days on which the accepted record of a key has the same values. #}
{# The last of several batches of a date that has such a record counts. A day without one ends the run when the last  #}
{# snapshot of the date does not list the key. Runs that began before the first changed day and reach it are read     #}
{# from the table.                                                                                                    #}
{% macro value_runs(entity, key, values, first_changed_on) -%}
days as (

    select distinct on (sync_date)
        sync_date,
        source
    from {{ ref('snapshots') }}
    where entity = '{{ entity }}'
        and takes_part
        and sync_date >= {{ first_changed_on }}
    order by sync_date, batch_order desc

),

accepted as (

    select distinct on ({{ key }}, sync_date) *
    from {{ ref('stg_' ~ entity) }}
    where {{ is_of_day_since(entity, first_changed_on) }}
    order by {{ key }}, sync_date, batch_order desc

),

-- Keys that a snapshot lists only in quarantined records.
quarantined as (

    select distinct
        landed.{{ key }},
        days.sync_date

    from days

    inner join (
        select * from {{ ref('landed_' ~ entity) }}
        where {{ is_of_day_since(entity, first_changed_on) }}
    ) as landed
        on days.source = landed.source

    left join accepted
        on landed.{{ key }} = accepted.{{ key }}
        and days.sync_date = accepted.sync_date

    where landed.outcome = 'quarantined'
        and landed.{{ key }} is not null
        and accepted.{{ key }} is null

),

signs as (

    select
        {{ key }}, sync_date, true as is_accepted, sync_date as from_date, source,
        {{ values | join(', ') }}
    from accepted
    {%- if is_incremental() %}

    union all

    select
        {{ key }}, {{ first_changed_on }} - 1, true, from_date, source,
        {{ values | join(', ') }}
    from {{ this }}
    where from_date < {{ first_changed_on }}
        and {{ reaches(first_changed_on, 'to_date') }}
    {%- endif %}

    union all

    select
        quarantined.{{ key }}, quarantined.sync_date, false, null, null,
        {% for value in values %}accepted.{{ value }}{{ ', ' if not loop.last }}{% endfor %}
    from quarantined
    left join accepted
        on false

),

-- The snapshot after each day with a sign: looked up once per day, not per sign.
following as materialized (

    select
        dates.sync_date,
        (select min(days.sync_date) from days where days.sync_date > dates.sync_date) as next_day
    from (select distinct sync_date from signs) as dates

),

-- The day on which the key was gone: that of a snapshot before its next sign.
ended as (

    select
        followed.*,
        case when (next_sign_on <= next_day) is not true then next_day end as gone_on
    from (
        select
            signs.*,
            following.next_day,
            lead(signs.sync_date) over (partition by signs.{{ key }} order by signs.sync_date) as next_sign_on
        from signs
        inner join following
            on signs.sync_date = following.sync_date
    ) as followed

),

-- Stretches without an absence.
stretches as (

    select
        numbered.*,
        min(gone_on) over (partition by {{ key }}, stretch) as stretch_ended_on
    from (
        select
            ended.*,
            count(gone_on) over (
                partition by {{ key }} order by sync_date rows between unbounded preceding and 1 preceding
            ) as stretch
        from ended
    ) as numbered

),

starts as (

    select * from (
        select
            stretches.*,
            row_number() over in_time = 1
                or ({{ values | join(', ') }}) is distinct from
                    (lag({{ values | join(') over in_time, lag(') }}) over in_time) as is_start
        from stretches
        where is_accepted
        window in_time as (partition by {{ key }}, stretch order by sync_date)
    ) as compared
    where is_start

),

runs as (

    select
        {{ key }},
        from_date,
        coalesce(
            lead(sync_date) over (partition by {{ key }}, stretch order by sync_date),
            stretch_ended_on
        ) as to_date,
        {{ values | join(',\n        ') }},
        source
    from starts

)
{%- endmacro %}
