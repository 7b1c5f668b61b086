{# One row per dated batch and entity whose absences could mean something, and whether they do (R5). #}

{{ config(materialized='table', unique_key=['source', 'entity']) }}

with

files as (

    select * from {{ ref('base_files') }}
    where entity in ('agents', 'admin_groups')
        and sync_date is not null

),

judged as (

    select
        source,
        entity,
        sync_date,
        batch_order,
        count(*) filter (where status = 'refused') as refused_files,

        case entity
            when 'agents' then exists (
                select from {{ ref('base_agents') }} as records
                where records.source = files.source and records.outcome = 'staged'
            )
            when 'admin_groups' then exists (
                select from {{ ref('base_groups') }} as records
                where records.source = files.source and records.outcome = 'staged'
            )
        end as has_staged

    from files

    group by source, entity, sync_date, batch_order

)

select
    source,
    entity,
    sync_date,
    batch_order,
    refused_files,
    has_staged,
    refused_files = 0 and has_staged as takes_part
from judged
