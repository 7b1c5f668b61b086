{# One row per card that any batch knows, and one with its id alone per card that only transactions name (R19). #}

{{ config(unique_key='card_id') }}

with

current_cards as (

    select * from {{ ref('current_cards') }}

),

inferred as (

    select distinct parties.card_id
    from {{ ref('transaction_parties') }} as parties
    left join current_cards
        on parties.card_id = current_cards.card_id
    where parties.card_id is not null
        and current_cards.card_id is null

)

select
    coalesce(current_cards.card_id, inferred.card_id) as card_id,
    current_cards.card_uuid,
    current_cards.name,
    current_cards.user_id,
    current_cards.user_uuid,
    mapping.agent_id,
    current_cards.budget_id,
    current_cards.last_four,
    current_cards.valid_thru,
    current_cards.status,
    current_cards.card_type,
    current_cards.is_budget_shared,
    current_cards.is_recurring,
    current_cards.recurring_limit,
    current_cards.current_limit,
    current_cards.current_spent,
    current_cards.created_at,
    current_cards.updated_at,
    current_cards.card_id is null as is_inferred,
    current_cards.first_seen_on,
    current_cards.last_seen_on,
    current_cards.source

from current_cards

full join inferred
    on current_cards.card_id = inferred.card_id

left join {{ ref('user_agent_mapping') }} as mapping
    on current_cards.user_id = mapping.user_id
