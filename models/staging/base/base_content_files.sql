{# One row per file whose contents count: files of the ledger, and former files whose contents files of the ledger #}
{# refer to.                                                                                                       #}

{{ config(materialized='view') }}

select
    file_id,
    entity,
    source,
    false as is_former
from {{ ref('base_files') }}
where status = 'loaded'

union all

select
    file_id,
    entity,
    batch as source,
    true as is_former
from {{ source('ops', 'former_files') }}
