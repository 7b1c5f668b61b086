{# One row per landed record of roles: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('roles') }}
