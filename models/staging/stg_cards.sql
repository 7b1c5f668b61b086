{# One row per card and batch: the accepted record. #}

{{ staged_records('cards') }}
