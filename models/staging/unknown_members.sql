{# One row per agent whom no batch knows, and accepted record of a group that lists them, in any batch. #}

{{ unknown_elements(
    ref('base_group_membership'),
    ref('landed_group_membership'),
    'agent_id',
    known=ref('known_agents')
) }}
