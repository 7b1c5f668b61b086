{# The current record of each key by R4, with the first and last dated batch that holds an accepted one. Later builds #}
{# look only at keys that changed batches touch, and compare the newest record that arrived with the existing row.    #}
{# Where that row is not enough (it is newer, or came in part from a batch that has changed), the key is looked up in #}
{# all days.                                                                                                          #}
{% macro current_records(staged, key, entity, more=[]) -%}
with

{% if is_incremental() -%}
changed as (

    select source, sync_date
    from {{ ref('base_batches') }}
    where entity = '{{ entity }}'
        and changed_in > {{ last_built() }}

),

came as (

    select * from {{ staged }}
    where source in ({{ changed_batches(entity) }})

),

-- The newest record of a key, with the first and last day of all its records that arrived.
arrived as (

    select *
    from (
        select
            came.*,
            min(sync_date) over (partition by {{ key }}) as first_on,
            max(sync_date) over (partition by {{ key }}) as last_on,
            row_number() over (partition by {{ key }} order by batch_order desc) as place_in_time
        from came
    ) as placed_in_time
    where place_in_time = 1

),

touched as (

    select existing.{{ key }}
    from {{ this }} as existing
    where source in (select source from changed)
        or first_seen_on in (select sync_date from changed)
        or last_seen_on in (select sync_date from changed)

    union

    select existing.{{ key }}
    from {{ this }} as existing
    inner join arrived
        on existing.{{ key }} = arrived.{{ key }}
    where existing.batch_order > arrived.batch_order

),

succeeding as (

    select
        {{ columns_of(entity, 'arrived') }},{{ more_columns('arrived', more) }}
        {{ place_columns('arrived') }},
        least(existing.first_seen_on, arrived.first_on) as first_seen_on,
        greatest(existing.last_seen_on, arrived.last_on) as last_seen_on

    from arrived

    left join {{ this }} as existing
        on arrived.{{ key }} = existing.{{ key }}

    left join touched
        on arrived.{{ key }} = touched.{{ key }}

    where touched.{{ key }} is null

),

-- A few keys, looked up one by one: a join would read the records of all days.
known as (

    select record.*
    from touched
    cross join lateral (
        {% call computed_once() %}
        select {{ key }}, {{ place_columns() }}
        from {{ staged }} as staged
        where staged.{{ key }} = touched.{{ key }}
        {%- endcall %}
    ) as record

),
{%- else -%}
known as (

    select {{ key }}, {{ place_columns() }} from {{ staged }}

),
{%- endif %}

seen as (

    select
        {{ key }},
        max(batch_order) as batch_order,
        min(sync_date) as first_seen_on,
        max(sync_date) as last_seen_on
    from known
    group by {{ key }}

),

newest as (

    select
        known.*,
        seen.first_seen_on,
        seen.last_seen_on

    from known

    inner join seen
        on known.{{ key }} = seen.{{ key }}
        and known.batch_order = seen.batch_order

)

select
    {{ columns_of(entity, 'contents') }},{{ more_columns('contents', more) }}
    {{ place_columns('newest') }},
    newest.first_seen_on,
    newest.last_seen_on

from newest

inner join {{ ref('base_' ~ entity) }} as contents
    on newest.content_file_id = contents.file_id
    and newest.content_position = contents.position
{%- if is_incremental() %}

union all

select * from succeeding
{%- endif %}
{%- endmacro %}


{# The keys that a changed batch holds, and those whose current record, first day or last day came from it before the #}
{# change.                                                                                                            #}
{% macro touched_keys(staged, key, entity) -%}
    select {{ key }} from {{ staged }}
    where source in ({{ changed_batches(entity) }})
    union
    select {{ key }} from {{ this }}
    where source in ({{ changed_batches(entity) }})
        or first_seen_on in (
            select sync_date from {{ ref('base_batches') }}
            where entity = '{{ entity }}' and changed_in > {{ last_built() }}
        )
        or last_seen_on in (
            select sync_date from {{ ref('base_batches') }}
            where entity = '{{ entity }}' and changed_in > {{ last_built() }}
        )
{%- endmacro %}
