{# One row per card that any batch contains, and one per card that only transactions name (R19). #}

{{ config(unique_key='card_id') }}

with

current_cards as (

    select * from {{ ref('current_cards') }}

),

inferred as (

    select * from {{ ref('inferred_cards') }}

),

{{ listed_now('cards', 'card_id') }}

select
    coalesce(current_cards.card_id, inferred.card_id) as card_id,
    current_cards.card_uuid,
    current_cards.name,
    coalesce(current_cards.user_id, inferred.user_id) as user_id,
    current_cards.user_uuid,
    mapping.agent_id,
    current_cards.budget_id,
    coalesce(current_cards.last_four, inferred.last_four) as last_four,
    current_cards.valid_thru,
    current_cards.status,
    coalesce(current_cards.card_type, inferred.card_type) as card_type,
    current_cards.is_budget_shared,
    current_cards.is_recurring,
    current_cards.recurring_limit,
    current_cards.current_limit,
    current_cards.current_spent,
    inferred.card_id is null and {{ is_listed('card_id') }} as is_listed,
    coalesce(current_cards.status = 'ACTIVATED' and {{ is_listed('card_id') }}, false) as is_active,
    current_cards.created_at,
    current_cards.updated_at,
    inferred.card_id is not null as is_inferred,
    current_cards.first_seen_on,
    current_cards.last_seen_on,
    current_cards.source

from current_cards

full join inferred
    on current_cards.card_id = inferred.card_id

left join present
    on current_cards.card_id = present.card_id

left join {{ ref('user_agent_mapping') }} as mapping
    on coalesce(current_cards.user_id, inferred.user_id) = mapping.user_id
