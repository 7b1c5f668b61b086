{# One row per group and batch: the accepted record. #}

{{ staged_records('admin_groups') }}
