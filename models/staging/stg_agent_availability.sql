{# One row per agent, channel and batch: the last row of the channel. #}

{{ staged_elements(
    'agent_details',
    ref('base_agent_availability'),
    ['agent_id', 'channel', 'is_available', 'available_since']
) }}
