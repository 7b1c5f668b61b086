{# One row per batch and entity that ever landed, with the counter of its last change. #}

{{ config(materialized='view') }}

select
    batches.batch as source,
    batches.entity,
    batches.changed_in,
    dates.sync_date,
    dates.batch_order

from {{ source('ops', 'batches') }} as batches

inner join {{ ref('base_batch_dates') }} as dates
    on batches.batch = dates.source
