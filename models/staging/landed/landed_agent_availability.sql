{# One row per landed record of agent_availability: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('agent_availability') }}
