{# One row per agent: what only agent_details has, and what both feeds have and core.agents leaves out. #}

{{ config(unique_key='agent_id') }}

with

{% for name, current in [('listed', ref('current_agents')), ('detailed', ref('current_agent_details'))] -%}
{{ name }} as (

    select
        *,
        coalesce(ticket_scope, scope) as either_scope
    from {{ current }}

),

{% endfor -%}

-- Field by field: from the record that is current by R4 (at a tie the details), its nulls filled from the other.
merged as (

    select
        agent_id,
        {%- for column in [
            'org_agent_id', 'either_scope', 'signature', 'avatar', 'last_login_at', 'is_freshchat_agent', 'skill_ids',
        ] %}
        {{ first_of(column, 'detailed', 'listed') }} as {{ column }},
        {%- endfor %}
        case when {{ is_first('detailed', 'listed') }} or listed.agent_id is null
            then detailed.source else listed.source
        end as source

    from detailed

    full join listed using (agent_id)

)

select
    agent_id,
    org_agent_id,
    either_scope as ticket_scope,

    -- An empty signature is a value: it hides the signature of the other record, and reads as null.
    case when not {{ is_blank_signature('signature') }} then signature end as signature,

    avatar,
    last_login_at,
    is_freshchat_agent,
    skill_ids,
    source
from merged
