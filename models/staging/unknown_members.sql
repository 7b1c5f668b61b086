{# One row per agent that no batch contains, and accepted record of a group that lists the agent, in any batch. #}

{{ unknown_elements(
    ref('base_group_membership'),
    ref('landed_group_membership'),
    'agent_id',
    known=ref('known_agents')
) }}
