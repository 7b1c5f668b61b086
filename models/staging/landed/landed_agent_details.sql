{# One row per landed record of agent_details: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('agent_details') }}
