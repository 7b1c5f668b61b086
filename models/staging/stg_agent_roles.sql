{# One row per agent, role and batch: a role of the list that stands for the batch, which some batch knows. #}

with

elements as (

    {% for feed, relation in role_feeds() -%}
    select
        '{{ feed }}' as feed,
        staged.*
    from (
        {{ staged_elements(feed, ref('base_' ~ relation), ['agent_id', 'role_id']) }}
    ) as staged
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select distinct on (elements.agent_id, elements.role_id, elements.source)
    elements.agent_id,
    elements.role_id,
    {{ place_columns('elements') }}

from elements

inner join {{ ref('role_lists') }} as lists
    on elements.feed = lists.feed
    and elements.agent_id = lists.agent_id
    and elements.source = lists.source

inner join {{ ref('current_roles') }} as roles
    on elements.role_id = roles.role_id

order by elements.agent_id, elements.role_id, elements.source, elements.place
