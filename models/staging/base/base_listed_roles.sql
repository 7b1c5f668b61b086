{# One row per element of an agents record's role_ids, with the verdict on it (R16). Null elements are skipped. #}

{{ config(
    unique_key=['file_id', 'position', 'place'],
    incremental_predicates=['source in (' ~ changed_batches('agents') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id']},
        {'columns': ['role_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{{ judged_elements(
    records=ref('base_agents'),
    entity='agents',
    owner='agent_id',
    list='role_ids',
    element='role_id'
) }}
