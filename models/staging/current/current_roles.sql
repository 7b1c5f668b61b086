{# One row per role: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='role_id',
    fillfactor=45,
    incremental_predicates=['role_id in (' ~ touched_keys(ref('stg_roles'), 'role_id', 'roles') ~ ')'],
) }}

{{ current_records(ref('stg_roles'), 'role_id', 'roles') }}
