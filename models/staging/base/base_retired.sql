{# One row per file of which clean --landing took records out of landing: how many there were. #}

{{ config(materialized='view') }}

select
    file_id,
    staged,
    duplicates
from {{ source('ops', 'retired_records') }}
