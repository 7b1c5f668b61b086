{# One row per landed record of the agents list: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('agents') }}
