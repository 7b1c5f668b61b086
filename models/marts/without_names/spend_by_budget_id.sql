{# One row per month and budget: what was spent, in USD. marts.spend_by_budget_month adds the budget's name. #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    incremental_by='month in (' ~ touched_months() ~ ')',
) }}

{{ spend_by_month('budget_id') }}
