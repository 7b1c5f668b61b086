{# One row per transaction that counts and lacks the receipt that it needs. #}

{{ config(materialized='view') }}

select
    spend.*,
    {{ newest_sync_date() }} - spend.spent_on as age_days
from {{ ref('spend') }} as spend
where spend.is_receipt_required
    and spend.receipt_status in ('MISSING', 'NOT_ATTACHED')
