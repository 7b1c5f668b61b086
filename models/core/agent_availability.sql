{# One row per agent and channel, of the agent's current details record. #}

{{ config(unique_key=['agent_id', 'channel']) }}

with

current_details as (

    select * from {{ ref('current_agent_details') }}

),

availability as (

    select * from {{ ref('base_agent_availability') }}
    where outcome = 'accepted'

)

select
    availability.agent_id,
    availability.channel,
    availability.is_available,
    availability.available_since,
    current_details.source

from current_details

inner join availability
    on current_details.content_file_id = availability.file_id
    and current_details.content_position = availability.position
