{# One row per rule that a record of roles failed, open or resolved. #}

with

found as (

    {{ findings_of(noted_records('roles', 'role_id'), 'roles', ['records.role_id']) }}

    union all

    {{ refused_files(['roles'], {'role_id': 'bigint'}) }}

    union all

    {{ incomplete_snapshots('roles', {'role_id': 'bigint'}) }}

),

{{ error_table(['role_id']) }}
