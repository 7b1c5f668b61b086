{# One row per merchant and month: what was spent, in USD, and in how many transactions. #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    incremental_predicates=['month in (' ~ touched_months() ~ ')'],
) }}

{{ spend_by_month('merchant_name') }}
