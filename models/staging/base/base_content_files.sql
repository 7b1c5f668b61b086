{# One row per file with contents that count: those of the ledger, and former ones whose contents files of the ledger #}
{# name.                                                                                                              #}

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
