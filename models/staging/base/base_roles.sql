{# One row per landed record of roles: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('roles') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['role_id', 'batch_order']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('roles') }},

{{ judged_records() }}

{{ concluded('role_id') }}

select
    {{ place_columns() }},
    {{ columns_of('roles') }},
    outcome,
    findings
from concluded
