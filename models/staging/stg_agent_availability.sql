{# One row per agent, channel and batch: the last row of the channel in the batch's list that counts. #}

with

channels as (

    {% for feed, relation in channel_feeds() -%}
    select * from {{ ref('staged_' ~ relation) }}
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select
    {{- more_columns('channels', channel_columns()) }}
    {{ place_columns('channels') }}

from channels

inner join {{ ref('availability_lists') }} as lists
    on channels.content_file_id = lists.content_file_id
    and channels.content_position = lists.content_position
    and channels.source = lists.source

inner join {{ ref('known_agents') }} as agents
    on channels.agent_id = agents.agent_id
