{# One row per loaded file that the last build has seen, with its batch. #}

{# A table, so that no view shows what landed after a build before the next one is published. #}
{{ config(
    unique_key='file_id',
    incremental_by=is_of_changed_batch(),
) }}

select
    file_id,
    entity,
    source,
    sync_date,
    batch_order,
    file_order
from {{ ref('base_files') }}
where status = 'loaded'
