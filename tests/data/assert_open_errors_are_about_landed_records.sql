{# Fails when an open error is about a record that is not in landing, or is not the one that landed there. #}

with

open_errors as (

    {% for table in error_tables() -%}
    select error_id, error_type, file, position, raw_record, raw_text
    from {{ ref(table) }}
    where resolved_at is null
        and position is not null
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

-- On a cluster these few rows are sent to the shards of landing, instead of all of landing to the coordinator.
named as materialized (

    select distinct files.file, files.entity, files.file_id, open_errors.position
    from open_errors
    inner join {{ ref('base_files') }} as files
        on open_errors.file = files.file

),

landed as (

    {% for entity in entities() -%}
    select named.file, named.position, contents.record, contents.raw_text
    from named
    inner join {{ source('raw', entity) }} as contents
        on named.file_id = contents.file_id
        and named.position = contents.position
    where named.entity = '{{ entity }}'

    union all

    select named.file, named.position, contents.record, contents.raw_text
    from named
    inner join {{ source('repeats', entity) }} as repeats
        on named.file_id = repeats.file_id
        and named.position = repeats.position
    inner join {{ source('raw', entity) }} as contents
        on repeats.first_file_id = contents.file_id
        and repeats.first_position = contents.position
    where named.entity = '{{ entity }}'
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select
    open_errors.error_id,
    open_errors.error_type,
    open_errors.file,
    open_errors.position

from open_errors

left join landed
    on open_errors.file = landed.file
    and open_errors.position = landed.position

where landed.file is null
    or landed.record is distinct from open_errors.raw_record
    or landed.raw_text is distinct from open_errors.raw_text
