{# One row per agent and batch: the accepted record of agent_availability. #}

{{ staged_records('agent_availability') }}
