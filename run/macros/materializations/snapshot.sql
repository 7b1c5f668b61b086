{# Snapshots: every version of a row is kept. dbt_scd_id names a version; dbt_valid_to is empty, or dbt_valid_to_current, as long as it is valid. #}
{# The steps: create_incoming, find_bad_keys, then snapshot_begin, or snapshot_changes, snapshot_close and snapshot_insert. #}

{# The id of a version, from key and time as in dbt. #}
{% macro snapshot_id(key, time) -%}
md5({% for part in key + [time] %}coalesce(cast({{ part }} as varchar), ''){% if not loop.last %} || '|' || {% endif %}{% endfor %})
{%- endmacro %}

{# Whether a version is currently valid. #}
{% macro snapshot_is_open(side, names, valid_to) -%}
({{ side }}.{{ names.valid_to }} is null{% if valid_to %} or {{ side }}.{{ names.valid_to }} = {{ valid_to }}{% endif %})
{%- endmacro %}

{# First run: each row becomes a version. #}
{% macro snapshot_begin(relation, incoming, key, names, valid_to, time, marks) -%}
create table {{ relation }} as

select
    incoming.*,
    {{ snapshot_id(key, time) }} as {{ names.scd_id }},
    {{ time }} as {{ names.updated_at }},
    {{ time }} as {{ names.valid_from }},
    {% if valid_to %}coalesce(nullif({{ time }}, {{ time }}), {{ valid_to }}){% else %}nullif({{ time }}, {{ time }}){% endif %} as {{ names.valid_to }}
    {%- if marks %},
    'False' as {{ names.is_deleted }}{% endif %}

from {{ incoming }} as incoming
{%- endmacro %}

{# New, changed and missing rows: dbt_closes is the version that ends when the new one begins. #}
{% macro snapshot_changes(relation, incoming, changes, key, derived, joined, columns, names, valid_to, time, now, time_type, has_clock, checked, all_changed, hard_deletes, marks) -%}
create temporary table {{ changes }} on commit drop as

with versions as (
    -- The last version of each key, whether it is still valid or not: nothing may begin before it.
    select distinct on ({{ key | join(', ') }})
        snapshot.*,
        {% for part in derived %}{{ part.expression }} as {{ part.name }},
        {% endfor %}{{ snapshot_is_open('snapshot', names, valid_to) }} as dbt_is_open
    from {{ relation }} as snapshot
    order by {{ key | join(', ') }}, {{ snapshot_is_open('snapshot', names, valid_to) }} desc, {{ names.valid_from }} desc
),

incoming as (
    select
        source.*,
        {% for part in derived %}{{ part.expression }} as {{ part.name }},
        {% endfor %}({{ time }})::{{ time_type }} as dbt_time
    from {{ incoming }} as source
),

changed as (
    select
        {% for column in columns %}incoming.{{ column }},
        {% endfor %}incoming.dbt_time,
        case when versions.dbt_is_open then versions.{{ names.scd_id }} end as dbt_closes,
        {% if has_clock %}case
            when incoming.dbt_time > {{ snapshot_last('versions', names) }} or {{ snapshot_last('versions', names) }} is null then incoming.dbt_time
            else {{ snapshot_after('versions', names, now, time_type, has_clock) }}
        end{% else %}incoming.dbt_time{% endif %} as dbt_begins,
        'False' as dbt_deleted,
        true as dbt_is_new
    from incoming
    left join versions on {{ same_key('incoming', 'versions', joined) }}
    where
        versions.{{ names.scd_id }} is null
        or not versions.dbt_is_open
        {%- if hard_deletes == 'new_record' %}
        or versions.{{ names.is_deleted }} = 'True'{% endif %}
        {%- if all_changed %}
        or true
        {%- elif checked is none %}
        or versions.{{ names.valid_from }} < incoming.dbt_time
        {%- else %}{% for column in checked %}
        or versions.{{ column.name }}{% if not column.plain %}::text{% endif %} is distinct from incoming.{{ column.name }}{% if not column.plain %}::text{% endif %}{% endfor %}
        {%- endif %}
)
{%- if hard_deletes != 'ignore' %},

gone as (
    select
        {% for column in columns %}versions.{{ column }},
        {% endfor %}{{ snapshot_after('versions', names, now, time_type, has_clock) }} as dbt_time,
        versions.{{ names.scd_id }} as dbt_closes,
        {{ snapshot_after('versions', names, now, time_type, has_clock) }} as dbt_begins,
        'True' as dbt_deleted,
        {{ 'true' if hard_deletes == 'new_record' else 'false' }} as dbt_is_new
    from versions
    where
        versions.dbt_is_open
        {%- if hard_deletes == 'new_record' %}
        and versions.{{ names.is_deleted }} is distinct from 'True'{% endif %}
        and not exists (select from incoming where {{ same_key('incoming', 'versions', joined) }})
)
{%- endif %}

select * from changed
{%- if hard_deletes != 'ignore' %}
union all
select * from gone
{%- endif %}
{%- endmacro %}

{# The start of an open version, or the end of a closed one: a new version must begin later. #}
{% macro snapshot_last(side, names) -%}
case when {{ side }}.dbt_is_open then {{ side }}.{{ names.valid_from }} else {{ side }}.{{ names.valid_to }} end
{%- endmacro %}

{# Now, but later than snapshot_last: the time within a transaction is constant, and a source's clock may be ahead. #}
{% macro snapshot_after(side, names, now, time_type, has_clock) -%}
{% if has_clock %}greatest({{ now }}, ({{ snapshot_last(side, names) }})::timestamp + interval '1 microsecond'){% else %}({{ now }}){% endif %}::{{ time_type }}
{%- endmacro %}

{% macro snapshot_close(relation, incoming, changes, key, derived, joined, columns, names, valid_to, time, now, time_type, has_clock, checked, all_changed, hard_deletes, marks) -%}
update {{ relation }} as snapshot
set {{ names.valid_to }} = changes.dbt_begins

from {{ changes }} as changes
where
    snapshot.{{ names.scd_id }} = changes.dbt_closes
    and {{ snapshot_is_open('snapshot', names, valid_to) }}
{%- endmacro %}

{% macro snapshot_insert(relation, incoming, changes, key, derived, joined, columns, names, valid_to, time, now, time_type, has_clock, checked, all_changed, hard_deletes, marks) -%}
insert into {{ relation }} (
    {{ columns | join(', ') }}, {{ names.scd_id }}, {{ names.updated_at }}, {{ names.valid_from }}, {{ names.valid_to }}{% if marks %}, {{ names.is_deleted }}{% endif %}
)

select
    {{ columns | join(', ') }},
    {{ snapshot_id(key, 'dbt_begins') }},
    dbt_time,
    dbt_begins,
    {{ valid_to or 'null' }}
    {%- if marks %},
    dbt_deleted{% endif %}

from {{ changes }}
where dbt_is_new
{%- endmacro %}
