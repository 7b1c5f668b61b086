{# One row per element of a group record's agent_ids, with the verdict on it (R16). Null elements are skipped. #}

{{ config(
    unique_key=['file_id', 'position', 'place'],
    incremental_predicates=['source in (' ~ changed_batches('admin_groups') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id', 'group_id']},
        {'columns': ['group_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{{ judged_elements(
    records=ref('base_admin_groups'),
    entity='admin_groups',
    owner='group_id',
    list='agent_ids',
    element='agent_id'
) }}
