{# The elements of a list of ids, each judged by R11 like a key. Lists of quarantined contents are not judged. Only #}
{# the first of equal elements in a list counts; equal means written alike: 7 is an id, 7.0 is not.                 #}
{% macro judged_elements(records, entity, owner, list, element) -%}
with

records as (

    select * from {{ records }}
    where outcome = 'accepted'
        and {{ in_increments('source in (' ~ changed_batches(entity) ~ ')') }}

),

elements as (

    select distinct on (records.file_id, records.position, element.value::text)
        records.file_id,
        records.position,
        element.place::integer as place,
        records.source,
        records.{{ owner }},
        records.outcome,
        element.value as json

    from records

    cross join lateral jsonb_array_elements(records.{{ list }}) with ordinality as element (value, place)

    where jsonb_typeof(element.value) <> 'null'

    order by records.file_id, records.position, element.value::text, element.place

),

described as (

    {% call computed_once() %}
    {{ described('elements') }}
    {%- endcall %}

),

-- Each element as a field of its own, which is required.
judged_values as (

    select
        described.*,
        '{{ list }}' as field,
        'id' as type,
        '{{ field_types().id.json }}' as json_type,
        '{{ field_types().id.words }}' as words,
        true as is_due,
        null::numeric as minimum,
        {{ is_id() }} as converts
    from described

),

found as (

    select
        judged_values.*,
        case when converts then text::bigint end as {{ element }},
        array_remove(array[
            {{ field_fault() }},
            {{ field_remark() }}
        ], null) as findings
    from judged_values

)

select
    file_id, position, source,
    place,
    {{ owner }},
    {{ element }},
    case when {{ element }} is null then 'quarantined' else outcome end as outcome,
    nullif(to_jsonb(findings), '[]') as findings
from found

-- In the order of the index on element, whose pages are then filled one after the other.
order by {{ element }}
{%- endmacro %}


{# The elements of lists whose value no batch contains, with each accepted record that lists them; `known` has the #}
{# same column. They are few, so each value is looked up by itself.                                                #}
{% macro unknown_elements(elements, landed, column, known) -%}
with

named as (

    {{ distinct_values(elements, column) }}

),

unknown as (

    select named.{{ column }}
    from named
    left join {{ known }} as known
        on named.{{ column }} = known.{{ column }}
    where known.{{ column }} is null

)

select elements.*
from unknown
cross join lateral (
    {% call computed_once() %}
    select * from {{ landed }} as landed
    where landed.{{ column }} = unknown.{{ column }}
        and landed.outcome <> 'quarantined'
    {%- endcall %}
) as elements
{%- endmacro %}


{# The distinct values of an indexed column of a table. It steps through the index from value to value, so that the #}
{# cost depends on their number, not on that of the rows, which are new each day.                                   #}
{% macro distinct_values(relation, column) -%}
    with recursive walk as (

        select min({{ column }}) as value
        from {{ relation }}

        union all

        select (
            select min(further.{{ column }})
            from {{ relation }} as further
            where further.{{ column }} > walk.value
        )
        from walk
        where walk.value is not null

    )

    select value as {{ column }}
    from walk
    where value is not null
{%- endmacro %}
