{# One row per budget and batch: the accepted record. #}

{{ staged_records('budgets', more=['known_timezone']) }}
