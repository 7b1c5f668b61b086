{# The elements of a list of ids: each follows R11 like a key. Lists of quarantined records and exact repetitions are not judged; #}
{# of equal elements of one list the first stands for all. Equal is what is written alike: 7 is an id, 7.0 is none.             #}
{% macro judged_elements(records, entity, owner, list, element) -%}
{%- set field = [element, 'id', list, 'required'] -%}
with

records as (

    select * from {{ records }}
    where (outcome = 'staged' or (outcome = 'duplicate' and findings is not null))
    {%- if is_incremental() %}
        and source in ({{ changed_batches(entity) }})
    {%- endif %}

),

{% if copies_known() -%}
-- Lists that are as the one of the same {{ owner }} in the newest batch that has not changed: their elements were judged there.
known as materialized (

    select
        {% for column in place_columns().split(', ') -%}
        records.{{ column }},
        {% endfor -%}
        judged.file_id as judged_file_id,
        judged.position as judged_position

    from {{ records }} as judged

    inner join records
        on judged.{{ owner }} = records.{{ owner }}
        and record_image_eq(row(judged.{{ list }}), row(records.{{ list }}))

    where judged.outcome = 'staged'
        and records.outcome = 'staged'
        and judged.source = {{ newest_unchanged_batch(entity) }}

),

{% endif -%}
elements as (

    select distinct on (records.file_id, records.position, element.value::text)
        records.file_id,
        records.position,
        element.place::integer as place,
        records.source,
        records.sync_date,
        records.batch_order,
        records.{{ owner }},
        records.outcome,
        element.value as json_{{ element }}

    from records

    cross join lateral jsonb_array_elements(records.{{ list }}) with ordinality as element (value, place)

    {%- if copies_known() %}

    left join known
        on records.file_id = known.file_id
        and records.position = known.position
    {%- endif %}

    where jsonb_typeof(element.value) <> 'null'
    {%- if copies_known() %}
        and known.file_id is null
    {%- endif %}

    order by records.file_id, records.position, element.value::text, element.place

),

{{ typed_values('elements', [field]) }},

judged as (

    select
        typed.*,
        array_remove(array[
            {{ required(field) }},
            {{ remark(field) }}
        ], null) as findings
    from typed

)

select
    {{ place_columns() }},
    place,
    {{ owner }},
    {{ element }},
    case when {{ element }} is null then 'quarantined' else outcome end as outcome,
    nullif(to_jsonb(findings), '[]') as findings
from judged

{%- if copies_known() %}

union all

select
    {% for column in place_columns().split(', ') -%}
    known.{{ column }},
    {% endfor -%}
    judged.place,
    judged.{{ owner }},
    judged.{{ element }},
    judged.outcome,
    judged.findings

from known

inner join {{ this }} as judged
    on known.judged_file_id = judged.file_id
    and known.judged_position = judged.position

where judged.source = {{ newest_unchanged_batch(entity) }}

-- In the order of the index by element, which then takes the rows page by page.
order by {{ element }}
{%- endif %}
{%- endmacro %}


{# The different values of an indexed column of a table: a walk from value to value through the index, so that the cost follows their #}
{# number and not that of the rows, which come anew each day.                                                                         #}
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
