{# One row per agent of agent_details: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='agent_id',
    fillfactor=45,
    incremental_predicates=[
        'agent_id in (' ~ touched_keys(ref('stg_agent_details'), 'agent_id', 'agent_details') ~ ')',
    ],
) }}

{{ current_records(ref('stg_agent_details'), 'agent_id', 'agent_details') }}
