{# One row per agent and batch: the accepted record of agent_details. #}

{{ staged_records('agent_details') }}
