{# One row per file that the last build has seen: every record of it is staged, quarantined or a duplicate (R7). #}

{{ config(materialized='view') }}

with

files as (

    select * from {{ ref('base_files') }}

),

outcomes as (

    select * from {{ ref('file_outcomes') }}

)

select
    files.file as path,
    files.records,
    coalesce(outcomes.staged, 0) as staged,
    coalesce(outcomes.quarantined, 0) as quarantined,
    coalesce(outcomes.duplicates, 0) as duplicates

from files

left join outcomes
    on files.file_id = outcomes.file_id

-- A file that landed after the last build is not yet judged.
where files.status = 'refused'
    or outcomes.file_id is not null
