{# One row per transaction that counts and lacks the receipt that it needs. #}

{{ config(materialized='view') }}

select
    spend.*,
    {{ newest_sync_date() }} - spend.spent_on as age_days
from {{ ref('spend') }} as spend
where {{ lacks_receipt('spend') }}
