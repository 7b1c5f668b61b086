{# For a plan: the number of changed rows in which each column differs. One row of counts, in the order of the columns. #}
{% macro count_changed_columns(relation, changes, key, compared) -%}
select
    {%- for column in compared %}
    count(*) filter (where {{ differs('existing', 'incoming', [column]) }}){% if not loop.last %},{% endif %}
    {%- endfor %}

from {{ changes }} as incoming
inner join {{ relation }} as existing
    on {{ same_key('existing', 'incoming', key) }}
{%- endmacro %}
