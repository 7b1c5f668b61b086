{# One row per agent of the agents list: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='agent_id',
    fillfactor=45,
    incremental_predicates=['agent_id in (' ~ touched_keys(ref('stg_agents'), 'agent_id', 'agents') ~ ')'],
) }}

{{ current_records(ref('stg_agents'), 'agent_id', 'agents') }}
