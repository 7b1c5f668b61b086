{# One row per group: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='group_id',
    fillfactor=45,
    incremental_predicates=['group_id in (' ~ touched_keys(ref('stg_groups'), 'group_id', 'admin_groups') ~ ')'],
) }}

{{ current_records(ref('stg_groups'), 'group_id', 'admin_groups') }}
