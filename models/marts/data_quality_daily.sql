{# One row per day and entity of the dated batches: what became of the records, and the warnings that are open. #}

{{ config(unique_key=['sync_date', 'entity']) }}

with

files as (

    select * from {{ ref('base_files') }}
    where sync_date is not null

),

outcomes as (

    select * from {{ ref('file_outcomes') }}

),

found_warnings as (

    {% for errors, entity in error_tables().items() -%}
    select file, source, '{{ entity }}' as entity_without_file from {{ ref(errors) }}
    where severity = 'warning' and resolved_at is null
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

-- A warning belongs to the entity of its file; one without a file is about a whole batch.
warnings as (

    select
        batches.sync_date,
        batches.entity,
        count(*) as warnings

    from found_warnings

    left join files
        on found_warnings.file = files.file

    inner join {{ ref('base_batches') }} as batches
        on found_warnings.source = batches.source
        and coalesce(files.entity, found_warnings.entity_without_file) = batches.entity

    where batches.sync_date is not null

    group by batches.sync_date, batches.entity

),

counted as (

    select
        files.sync_date,
        files.entity,
        sum(files.records) as records,
        coalesce(sum(outcomes.staged), 0) as staged,
        coalesce(sum(outcomes.quarantined), 0) as quarantined,
        coalesce(sum(outcomes.duplicates), 0) as duplicates

    from files

    left join outcomes
        on files.file_id = outcomes.file_id

    group by files.sync_date, files.entity

)

select
    counted.sync_date,
    counted.entity,
    counted.records::bigint as records,
    counted.staged::bigint as staged,
    counted.quarantined::bigint as quarantined,
    counted.duplicates::bigint as duplicates,
    coalesce(warnings.warnings, 0) as warnings

from counted

left join warnings
    on counted.sync_date = warnings.sync_date
    and counted.entity = warnings.entity
