{# One row per landed record of users: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('users', more=['name']) }}
