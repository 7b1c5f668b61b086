{# One row per card that no batch knows and a current transaction names: what the newest of these says of it (R19). #}

{{ config(materialized='table') }}

with

{{ newest_of_unknown('card_id', ref('current_cards')) }}

select
    unknown.card_id,
    newest.user_id,
    newest.card_last_four as last_four,
    newest.card_type

from unknown

left join newest
    on unknown.card_id = newest.card_id
