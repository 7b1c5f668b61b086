{# Parts shared by the materializations. Names are already quoted; a column is {name, cast, exact}. #}

{# existing.agent_id = incoming.agent_id and existing.role_id = incoming.role_id #}
{% macro same_key(left, right, key) -%}
    {% for column in key %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{% if not loop.last %} and {% endif %}{% endfor %}
{%- endmacro %}

{# (existing.email, existing.is_active): the columns of one side as a row. #}
{% macro row_of(side, columns, cast=false) -%}
    {%- if columns | length > 1 %}({% endif -%}
    {% for column in columns %}{{ side }}.{{ column.name }}{% if cast %}{{ column.cast }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}
    {%- if columns | length > 1 %}){% endif -%}
{%- endmacro %}

{# Whether two rows differ for a reader. Where equal values can look different (1.0 and 1.00, two spellings of a jsonb number) #}
{# or a type has no equality (json), the stored images are compared instead of the values. #}
{% macro differs(existing, incoming, columns) -%}
    {%- set exact = columns | selectattr('exact') | list -%}
    {%- set others = columns | rejectattr('exact') | list -%}
    {%- if not columns %}false{% endif -%}
    {%- if exact %}{{ row_of(existing, exact) }} is distinct from {{ row_of(incoming, exact, cast=true) }}{% endif -%}
    {%- if exact and others %}
    or {% endif -%}
    {%- if others %}record_image_ne(row({% for column in others %}{{ existing }}.{{ column.name }}{% if not loop.last %}, {% endif %}{% endfor %}), row(
        {%- for column in others %}{{ incoming }}.{{ column.name }}{{ column.cast }}{% if not loop.last %}, {% endif %}{% endfor %})){% endif -%}
{%- endmacro %}

{# The query's result, computed once, in a temporary table, from which the changes are derived. #}
{% macro create_incoming(incoming, query) -%}
create temporary table {{ incoming }} on commit drop as

{{ query }}
{%- endmacro %}

{# Keys that are repeated or null in the query's result. #}
{% macro find_bad_keys(incoming, key) -%}
select
    {% for part in key %}{{ part }} as dbt_key_{{ loop.index }},
    {% endfor %}count(*) as dbt_rows
from {{ incoming }}
group by {{ key | join(', ') }}
having count(*) > 1{% for column in key %} or {{ column }} is null{% endfor %}

limit 5
{%- endmacro %}

{# A new relation filled by the query. CREATE TABLE AS can use parallel workers, INSERT … SELECT cannot. #}
{% macro create_table_from(relation, query, unlogged=false) -%}
create {% if unlogged %}unlogged {% endif %}table {{ relation }} as

{{ query }}
{%- endmacro %}

{% macro insert_all(relation, incoming, columns) -%}
insert into {{ relation }} ({{ columns | map(attribute='name') | join(', ') }})
select {{ columns | map(attribute='name') | join(', ') }} from {{ incoming }}
{%- endmacro %}

{% macro add_primary_key(relation, key) -%}
alter table {{ relation }} add primary key ({{ key | join(', ') }})
{%- endmacro %}

{% macro create_index_on(relation, name, columns, unique=false, type='btree', where=none) -%}
create {% if unique %}unique {% endif %}index if not exists {{ name }} on {{ relation }} using {{ type }} ({{ columns | join(', ') }})
{%- if where %} where {{ where }}{% endif %}
{%- endmacro %}
