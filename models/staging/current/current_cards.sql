{# One row per card: the current record by R4, with the first and last day of an accepted one. #}

{{ config(
    unique_key='card_id',
    fillfactor=45,
    incremental_predicates=['card_id in (' ~ touched_keys(ref('stg_cards'), 'card_id', 'cards') ~ ')'],
) }}

{{ current_records(ref('stg_cards'), 'card_id', 'cards') }}
