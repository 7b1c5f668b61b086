{# One row per month and agent: what was spent, in USD. marts.spend_by_agent_month adds the agent's name. #}

{{ config(
    materialized='incremental',
    incremental_strategy='mirror',
    incremental_by='month in (' ~ touched_months() ~ ')',
) }}

{{ spend_by_month('agent_id') }}
