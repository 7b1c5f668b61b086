{# One row per user and batch: the accepted record. #}

{{ staged_records('users', more=['name']) }}
