{# One row per agent and channel, of the agent's current list of channels. #}

{{ config(unique_key=['agent_id', 'channel']) }}

with

channels as (

    {% for feed, relation in channel_feeds() -%}
    select
        file_id,
        position,
        {{- more_columns('channels', channel_columns()) }}
        outcome
    from {{ ref('base_' ~ relation) }} as channels
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select
    channels.agent_id,
    channels.channel,
    channels.is_available,
    channels.available_since,
    lists.sync_date as observed_on,
    channels.assignment_limit,
    channels.current_load,
    channels.is_logged_in,
    channels.status_id,
    lists.source

from {{ ref('current_availability_lists') }} as lists

inner join channels
    on lists.content_file_id = channels.file_id
    and lists.content_position = channels.position

-- Agents that only agent_availability names are left out (R16).
inner join {{ ref('known_agents') }} as agents
    on lists.agent_id = agents.agent_id

where channels.outcome = 'accepted'
