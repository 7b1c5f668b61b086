{# The current record of each key by R4, with the first and last dated batch that holds an accepted one.             #}
{# On later builds only keys that changed batches touch are looked up, each by index, however many days there are. #}
{% macro current_records(staged, key, entity) -%}
with

touched as (

    {% if is_incremental() -%}
    {{ touched_keys(staged, key, entity) }}
    {%- else -%}
    select distinct {{ key }} from {{ staged }}
    {%- endif %}

),

newest as (

    select record.*
    from touched
    cross join lateral (
        select * from {{ staged }} as staged
        where staged.{{ key }} = touched.{{ key }}
        order by staged.batch_order desc
        limit 1
    ) as record

),

seen as (

    select
        newest.*,
        first_dated.sync_date as first_seen_on,
        last_dated.sync_date as last_seen_on

    from newest

    left join lateral (
        select staged.sync_date from {{ staged }} as staged
        where staged.{{ key }} = newest.{{ key }} and staged.sync_date is not null
        order by staged.batch_order
        limit 1
    ) as first_dated on true

    left join lateral (
        select staged.sync_date from {{ staged }} as staged
        where staged.{{ key }} = newest.{{ key }} and staged.sync_date is not null
        order by staged.batch_order desc
        limit 1
    ) as last_dated on true

)

select * from seen
{%- endmacro %}


{# The keys that a changed batch holds, and those whose current record, first day or last day came from it before it changed. #}
{% macro touched_keys(staged, key, entity) -%}
    select {{ key }} from {{ staged }}
    where source in ({{ changed_batches(entity) }})
    union
    select {{ key }} from {{ this }}
    where source in ({{ changed_batches(entity) }})
        or first_seen_on in (select sync_date from {{ ref('base_batches') }} where entity = '{{ entity }}' and changed_in > {{ last_built() }})
        or last_seen_on in (select sync_date from {{ ref('base_batches') }} where entity = '{{ entity }}' and changed_in > {{ last_built() }})
{%- endmacro %}
