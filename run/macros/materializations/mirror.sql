{# incremental_strategy: mirror. The part of the table that satisfies incremental_predicates (all of it on a first build, a full refresh, #}
{# or without predicates) becomes exactly the query's result, keyed by unique_key (without one: replace.sql); equal rows are not written. #}
{# The steps: create_incoming, find_bad_keys, mirror_delete, find_changes, merge_changes. #}

{# Deletes rows that the query no longer returns. #}
{% macro mirror_delete(relation, incoming, key, predicates) -%}
delete from {{ relation }} as existing

where
    {% for predicate in predicates %}({{ predicate }})
    and {% endfor %}not exists (
        select from {{ incoming }} as incoming
        where {{ same_key('existing', 'incoming', key) }}
    )
{%- endmacro %}

{# Incoming rows that are new or differ from the table's. Rewriting equal rows would cost as much as inserting them. #}
{% macro find_changes(relation, incoming, changes, key, compared) -%}
create temporary table {{ changes }} on commit drop as

select
    incoming.*,
    existing.{{ key[0] }} is null as dbt_is_new

from {{ incoming }} as incoming
left join {{ relation }} as existing
    on {{ same_key('existing', 'incoming', key) }}

where
    existing.{{ key[0] }} is null
    or {{ differs('existing', 'incoming', compared) }}
{%- endmacro %}

{# Writes the changes. #}
{% macro merge_changes(relation, changes, key, columns, updated) -%}
merge into {{ relation }} as existing

using {{ changes }} as incoming
    on {{ same_key('existing', 'incoming', key) }}
{% if updated %}
when matched
    then update set
        {% for column in updated %}{{ column.name }} = incoming.{{ column.name }}{% if not loop.last %},
        {% endif %}{% endfor %}
{% endif %}
when not matched
    then insert ({{ columns | map(attribute='name') | join(', ') }})
    values (incoming.{{ columns | map(attribute='name') | join(', incoming.') }})
{%- endmacro %}
