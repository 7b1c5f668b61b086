{# One row per agent, channel and batch: the last row of the channel in the list that stands for the batch. #}

with

channels as (

    {% for feed, relation in channel_feeds() -%}
    select
        '{{ feed }}' as feed,
        *
    from {{ ref('staged_' ~ relation) }}
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
    on channels.feed = lists.feed
    and channels.agent_id = lists.agent_id
    and channels.source = lists.source

inner join {{ ref('known_agents') }} as agents
    on channels.agent_id = agents.agent_id
