{# One row per landed content of admin_groups: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('admin_groups') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['group_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('admin_groups') }},

{{ judged_records() }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('admin_groups') }},
    outcome,
    findings
from concluded
