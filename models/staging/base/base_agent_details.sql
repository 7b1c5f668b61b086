{# One row per landed content of agent_details: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('agent_details') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('agent_details') }},

{{ judged_records() }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('agent_details') }},
    outcome,
    findings
from concluded
