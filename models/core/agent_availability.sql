{# One row per agent and channel, of the agent's current details record. #}

{{ config(unique_key=['agent_id', 'channel']) }}

with

current_details as (

    select * from {{ ref('current_agent_details') }}

),

availability as (

    select * from {{ ref('stg_agent_availability') }}

)

select
    availability.agent_id,
    availability.channel,
    availability.is_available,
    availability.available_since,
    availability.source

from current_details

inner join availability
    on current_details.file_id = availability.file_id
    and current_details.position = availability.position
