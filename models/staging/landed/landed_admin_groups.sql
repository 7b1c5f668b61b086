{# One row per landed record of admin_groups: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('admin_groups') }}
