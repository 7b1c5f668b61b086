{# One row per role and batch: the accepted record. #}

{{ staged_records('roles') }}
