{# One row per role that no batch contains, and accepted record of an agent who holds it, in any batch. #}

{{ unknown_elements(
    ref('base_agent_roles'),
    ref('landed_agent_roles'),
    'role_id',
    known=ref('current_roles')
) }}
