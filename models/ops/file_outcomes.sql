{# One row per loaded file: what became of its records when its batch was last judged (R7). #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    unique_key='file_id',
    incremental_by=is_of_changed_batch(),
) }}

with

files as (

    select * from {{ ref('base_loaded_files') }}

),

outcomes as (

    {% for entity in entities() -%}
    select file_id, outcome from {{ ref('landed_' ~ entity) }}
    where {{ in_increments('source in (' ~ changed_batches(entity) ~ ')') }}
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

counted as (

    select
        file_id,
        count(*) filter (where outcome = 'staged') as staged,
        count(*) filter (where outcome = 'quarantined') as quarantined,
        count(*) filter (where outcome = 'duplicate') as duplicates
    from outcomes
    group by file_id

)

select
    files.file_id,
    files.source,
    files.entity,
    coalesce(counted.staged, 0) + coalesce(retired.staged, 0) as staged,
    coalesce(counted.quarantined, 0) as quarantined,
    coalesce(counted.duplicates, 0) + coalesce(retired.duplicates, 0) as duplicates

from files

left join counted
    on files.file_id = counted.file_id

left join {{ ref('base_retired') }} as retired
    on files.file_id = retired.file_id
