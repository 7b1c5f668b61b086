{# One row per agent and batch: the accepted record of the agents list. #}

{{ staged_records('agents') }}
