{# The other incremental strategies. append: insert_all. merge: mirror without deletes; here with incremental_predicates, #}
{# which refer to DBT_INTERNAL_DEST and DBT_INTERNAL_SOURCE, as in dbt. #}

{% macro find_changes_within(relation, incoming, changes, key, compared, predicates) -%}
create temporary table {{ changes }} on commit drop as

select
    DBT_INTERNAL_SOURCE.*,
    DBT_INTERNAL_DEST.{{ key[0] }} is null as dbt_is_new

from {{ incoming }} as DBT_INTERNAL_SOURCE
left join {{ relation }} as DBT_INTERNAL_DEST
    on {{ same_key('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', key) }}
    {%- for predicate in predicates %}
    and ({{ predicate }}){% endfor %}

where
    DBT_INTERNAL_DEST.{{ key[0] }} is null
    or {{ differs('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', compared) }}
{%- endmacro %}

{% macro merge_changes_within(relation, changes, key, columns, updated, predicates) -%}
merge into {{ relation }} as DBT_INTERNAL_DEST

using {{ changes }} as DBT_INTERNAL_SOURCE
    on {{ same_key('DBT_INTERNAL_DEST', 'DBT_INTERNAL_SOURCE', key) }}
    {%- for predicate in predicates %}
    and ({{ predicate }}){% endfor %}
{% if updated %}
when matched
    then update set
        {% for column in updated %}{{ column.name }} = DBT_INTERNAL_SOURCE.{{ column.name }}{% if not loop.last %},
        {% endif %}{% endfor %}
{% endif %}
when not matched
    then insert ({{ columns | map(attribute='name') | join(', ') }})
    values (DBT_INTERNAL_SOURCE.{{ columns | map(attribute='name') | join(', DBT_INTERNAL_SOURCE.') }})
{%- endmacro %}

{# delete+insert: deletes all rows with an incoming key, then inserts the incoming rows, repeated and null keys too, as in dbt. #}
{% macro delete_incoming_keys(relation, incoming, key, predicates) -%}
delete from {{ relation }} as DBT_INTERNAL_DEST

where ({{ key | join(', ') }}) in (
        select distinct {{ key | join(', ') }}
        from {{ incoming }} as DBT_INTERNAL_SOURCE
    )
    {%- for predicate in predicates %}
    and ({{ predicate }}){% endfor %}
{%- endmacro %}
