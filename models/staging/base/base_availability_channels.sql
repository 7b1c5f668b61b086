{# One row per element of an agent_availability record's channel_availability, with the verdict on it (R16, R17). #}

{{ config(
    unique_key=['file_id', 'position', 'place'],
    incremental_predicates=['source in (' ~ changed_batches('agent_availability') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{{ judged_channels('agent_availability', 'channel_availability') }}
