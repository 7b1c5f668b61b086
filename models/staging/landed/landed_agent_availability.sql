{# One row per element of the availability of a landed record, with the batch that lists it. #}

{{ landed_elements(
    'agent_details',
    ref('base_agent_availability'),
    ['agent_id', 'channel', 'is_available', 'available_since']
) }}
