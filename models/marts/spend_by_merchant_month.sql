{# One row per month and merchant, null where unknown: what was spent, in USD, and in how many transactions. #}
{# amount_usd is settled and pending; what is no spend (funding, adjustments) is in other_usd.               #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    incremental_by='month in (' ~ touched_months() ~ ')',
) }}

{{ spend_by_month('merchant', merchant_of('merchant_name')) }}
