{# A table without a key, or the part of it that satisfies the predicates, becomes the query's result: rows are compared as text, which shows every difference that a reader can see. #}

{# The number of missing (surplus < 0) or excess (surplus > 0) copies of each row. #}
{% macro find_row_surplus(relation, incoming, surplus, columns, predicates) -%}
create temporary table {{ surplus }} on commit drop as

select
    line,
    sum(n) as surplus

from (
    select {{ row_text('existing', columns) }} as line, 1 as n from {{ relation }} as existing
    {%- for predicate in predicates %}
    {{ 'where' if loop.first else 'and' }} ({{ predicate }}){% endfor %}
    union all
    select {{ row_text('incoming', columns) }} as line, -1 as n from {{ incoming }} as incoming
) as lines

group by line
having sum(n) != 0
{%- endmacro %}

{# A row's text contains all that a predicate can use, so here the predicates only limit the scan. Citus cannot delete by ctid in a #}
{# statement that also reads shards. #}
{% macro delete_surplus(relation, surplus, columns, predicates) -%}
delete from {{ relation }}

where ctid in (
    select numbered.ctid
    from (
        select
            existing.ctid,
            {{ row_text('existing', columns) }} as line,
            row_number() over (partition by {{ row_text('existing', columns) }}) as n
        from {{ relation }} as existing
        where {{ row_text('existing', columns) }} in (select line from {{ surplus }} where surplus > 0)
            {%- for predicate in ([] if on_citus() else predicates) %}
            and ({{ predicate }}){% endfor %}
    ) as numbered
    inner join {{ surplus }} as surplus on numbered.line = surplus.line
    where numbered.n <= surplus.surplus
)
{%- endmacro %}

{% macro insert_missing(relation, incoming, surplus, columns) -%}
insert into {{ relation }} ({{ columns | map(attribute='name') | join(', ') }})

select {{ columns | map(attribute='name') | join(', ') }}
from (
    select
        incoming.*,
        {{ row_text('incoming', columns) }} as dbt_line,
        row_number() over (partition by {{ row_text('incoming', columns) }}) as dbt_n
    from {{ incoming }} as incoming
    where {{ row_text('incoming', columns) }} in (select line from {{ surplus }} where surplus < 0)
) as numbered

inner join {{ surplus }} as surplus on numbered.dbt_line = surplus.line
where numbered.dbt_n <= -surplus.surplus
{%- endmacro %}

{% macro row_text(side, columns) -%}
    row({% for column in columns %}{{ side }}.{{ column.name }}{% if side == 'incoming' %}{{ column.cast }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %})::text
{%- endmacro %}
