{# One row per user: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='user_id',
    fillfactor=45,
    incremental_predicates=['user_id in (' ~ touched_keys(ref('stg_users'), 'user_id', 'users') ~ ')'],
) }}

{{ current_records(ref('stg_users'), 'user_id', 'users', more=['name']) }}
