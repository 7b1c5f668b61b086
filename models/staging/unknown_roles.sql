{# One row per role that no batch knows, and accepted record of an agent who holds it, in any batch. #}

with

named as (

    {{ distinct_values(ref('base_agent_roles'), 'role_id') }}

),

unknown as (

    select named.role_id
    from named
    left join {{ ref('current_roles') }} as roles
        on named.role_id = roles.role_id
    where roles.role_id is null

)

select elements.*
from unknown
cross join lateral (
    {% call computed_once() %}
    select * from {{ ref('landed_agent_roles') }} as held
    where held.role_id = unknown.role_id
        and held.outcome <> 'quarantined'
    {%- endcall %}
) as elements
