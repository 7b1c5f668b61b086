{# One row per card that no batch contains and a current transaction names: its values in the newest of these (R19). #}

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
