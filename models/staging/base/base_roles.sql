{# One row per landed content of roles: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('roles') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['role_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('roles') }},

{{ judged_records() }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('roles') }},
    outcome,
    findings
from concluded
