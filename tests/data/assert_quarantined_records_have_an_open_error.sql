{# Fails when a record was quarantined without an open error: it would be lost silently (R9). #}

with

quarantined as (

    {% for entity in entities() -%}
    {%- set errors = errors_of_records(entity) -%}
    select
        '{{ entity }}' as entity,
        '{{ errors }}' as errors,
        files.file,
        records.position
    from {{ ref('landed_' ~ entity) }} as records
    inner join {{ ref('base_files') }} as files
        on records.file_id = files.file_id
    left join {{ ref(errors) }} as errors
        on files.file = errors.file
        and records.position = errors.position
        and errors.severity = 'error'
        and errors.resolved_at is null
    where records.content_findings is not null
        and records.outcome = 'quarantined'
        and errors.error_id is null
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select * from quarantined
