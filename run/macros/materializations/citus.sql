{# Statements that put a query's result into a table on the workers of a Citus cluster: Citus accepts them, and they commit on all nodes or   #}
{# on none. The reasons for their form are in run/citus/README.md.                                                                            #}

{# An empty table with the columns of a query, to be placed before it is filled. #}
{% macro create_staging(staging, query) -%}
create table {{ staging }} as

{{ query }}

with no data
{%- endmacro %}

{% macro fill_staging(staging, query) -%}
insert into {{ staging }}

{{ query }}
{%- endmacro %}

{# Without ON CONFLICT, Citus may commit the rows on a worker before the others are prepared. #}
{% macro insert_staged(relation, incoming, columns) -%}
insert into {{ relation }} ({{ columns | map(attribute='name') | join(', ') }})
select {% for column in columns %}{{ column.name }}{{ column.cast }}{% if not loop.last %}, {% endif %}{% endfor %} from {{ incoming }}
on conflict do nothing
{%- endmacro %}

{# Rows copied over a connection that has only read the table would be committed before the other nodes are prepared; after a write they are not. #}
{% macro mark_written(relation, column) -%}
update {{ relation }} set {{ column }} = {{ column }} where false
{%- endmacro %}

{# Keys in the table's part that the query no longer returns. #}
{% macro find_gone(relation, incoming, gone, key, predicates) -%}
create temporary table {{ gone }} on commit drop as

select {% for column in key %}existing.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}

from (
    select {{ key | join(', ') }} from {{ relation }}
    {%- for predicate in predicates %}
    {{ 'where' if loop.first else 'and' }} ({{ predicate }}){% endfor %}
) as existing
left join {{ incoming }} as incoming
    on {{ same_key('existing', 'incoming', key) }}

where incoming.{{ key[0] }} is null
{%- endmacro %}

{% macro delete_gone(relation, gone, key) -%}
delete from {{ relation }}

where ({{ key | join(', ') }}) in (select {{ key | join(', ') }} from {{ gone }})
{%- endmacro %}

{# The numbers of staged rows that are new, and that differ from existing rows. #}
{% macro count_changes(relation, incoming, key, compared, updated, columns, predicates) -%}
select
    count(*) filter (where DBT_INTERNAL_DEST.{{ key[0] }} is null) as inserted,
    count(*) filter (
        where DBT_INTERNAL_DEST.{{ key[0] }} is not null
            and ({{ differs('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', compared) }})
    ) as updated

from {{ incoming }} as DBT_INTERNAL_SOURCE
left join {{ relation }} as DBT_INTERNAL_DEST
    on {{ same_key('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', key) }}
    {%- for predicate in predicates %}
    and ({{ predicate }}){% endfor %}
{%- endmacro %}

{# Merges shard by shard, on the workers. #}
{% macro merge_staged(relation, incoming, key, compared, updated, columns, predicates) -%}
merge into {{ relation }} as DBT_INTERNAL_DEST

using {{ incoming }} as DBT_INTERNAL_SOURCE
    on {{ same_key('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', key) }}
    {%- for predicate in predicates %}
    and ({{ predicate }}){% endfor %}
{% if updated %}
when matched and ({{ differs('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', compared) }})
    then update set
        {% for column in updated %}{{ column.name }} = DBT_INTERNAL_SOURCE.{{ column.name }}{{ column.cast }}{% if not loop.last %},
        {% endif %}{% endfor %}
{% endif %}
when not matched
    then insert ({{ columns | map(attribute='name') | join(', ') }})
    values ({% for column in columns %}DBT_INTERNAL_SOURCE.{{ column.name }}{{ column.cast }}{% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro %}

{# The number of rows that are new within the predicates and exist outside of them. #}
{% macro count_outside(relation, changes, key) -%}
select count(*) as rows

from {{ changes }} as incoming
inner join {{ relation }} as existing
    on {{ same_key('existing', 'incoming', key) }}

where incoming.dbt_is_new
{%- endmacro %}

{# Reference tables do not support MERGE. #}
{% macro upsert_changes(relation, changes, key, columns, updated) -%}
insert into {{ relation }} ({{ columns | map(attribute='name') | join(', ') }})
select {% for column in columns %}{{ column.name }}{{ column.cast }}{% if not loop.last %}, {% endif %}{% endfor %} from {{ changes }}
on conflict ({{ key | join(', ') }}) do {% if updated %}update set
    {% for column in updated %}{{ column.name }} = excluded.{{ column.name }}{% if not loop.last %},
    {% endif %}{% endfor %}{% else %}nothing{% endif %}
{%- endmacro %}
