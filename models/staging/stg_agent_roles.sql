{# One row per agent, role and batch: a role on the batch's list that counts, if any batch contains the role. #}

with

elements as (

    {% for feed, relation in role_feeds() -%}
    (
        {{ staged_elements(feed, ref('base_' ~ relation), ['agent_id', 'role_id']) }}
    )
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
    on elements.content_file_id = lists.content_file_id
    and elements.content_position = lists.content_position
    and elements.source = lists.source

inner join {{ ref('current_roles') }} as roles
    on elements.role_id = roles.role_id

order by elements.agent_id, elements.role_id, elements.source, elements.place
