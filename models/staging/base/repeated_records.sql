{# One row per accepted record of a key that has several in its batch: its rank among them (R4), and whether an equal #}
{# content precedes it (R17). Keys with one record in a batch, which are nearly all, are not here. Each distinct      #}
{# content is reported once; equal ones are only counted.                                                             #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=[is_of_changed_batch()],
) }}

with

accepted as (

    {% for entity in entities() -%}
    {%- set fields = fields_of(entity) -%}
    {%- set outer = loop -%}
    {%- set key = 'contents.' ~ fields.keys() | first -%}
    {% for place in ['contents', 'repeats'] -%}
    select
        '{{ entity }}' as entity, {{ place }}.file_id, {{ place }}.position,
        contents.file_id as content_file_id, contents.position as content_position,
        files.source, files.sync_date, files.batch_order, files.file_order,
        to_jsonb({{ key }}) as key,
        hashtextextended({{ key }}::text, hashtextextended(files.source, {{ outer.index }})) as key_hash,
        {{ 'contents.updated_at' if 'updated_at' in fields else 'null::timestamptz' }} as updated_at
    from {{ ref('base_' ~ entity) }} as contents
    {%- if place == 'repeats' %}
    inner join {{ source('repeats', entity) }} as repeats
        on contents.file_id = repeats.first_file_id and contents.position = repeats.first_position
    {%- endif %}
    inner join {{ ref('base_loaded_files') }} as files
        on {{ place }}.file_id = files.file_id
    where contents.outcome = 'accepted'
        and {{ in_increments('files.source in (' ~ changed_batches(entity) ~ ')') }}
    {%- if not (loop.last and outer.last) %}
    union all
    {% endif %}
    {%- endfor %}
    {%- endfor %}

),

repeated as (

    select accepted.*
    from accepted
    where key_hash in (select key_hash from accepted group by key_hash having count(*) > 1)

),

-- Contents are compared by the hash of jsonb: texts written differently may be equal.
contents as (

    {% for entity in entities() -%}
    select '{{ entity }}' as entity, file_id, position, jsonb_hash_extended(record, 0) as content
    from {{ source('raw', entity) }}
    where (file_id, position) in (
        select content_file_id, content_position from repeated
        where entity = '{{ entity }}'
    )
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

ranked as (

    select
        repeated.*,
        contents.content,
        row_number() over (
            partition by repeated.entity, repeated.source, repeated.key
            order by repeated.updated_at desc nulls last, repeated.file_order desc, repeated.position desc
        ) as rank

    from repeated

    inner join contents
        on repeated.entity = contents.entity
        and repeated.content_file_id = contents.file_id
        and repeated.content_position = contents.position

),

numbered as (

    select
        ranked.*,
        row_number() over (partition by entity, source, key, content order by rank) as time_met
    from ranked

)

select
    {{ place_columns() }},
    entity,
    rank,
    case when rank > 1 and time_met = 1 then jsonb_build_array({{
        finding('warning', 'duplicate_in_batch', 'null', 'key', "'another record of this key in the batch is kept'")
    }}) end as findings
from numbered
