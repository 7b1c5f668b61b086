{# One row per active card that somebody should look at, and why. #}

{{ config(materialized='view') }}

with

last_used as (

    {% if on_citus() -%}
    -- Citus does not look up rows of one distributed table for each row of another.
    select
        card_id,
        max((occurred_at at time zone 'UTC')::date) as last_used_on
    from {{ ref('transactions') }}
    where card_id is not null
    group by card_id
    {%- else -%}
    -- Of each card the newest days are found in an index. A day is that of the budget's time zone, at most a day before
    -- or after the one in UTC.
    select
        cards.card_id,
        used.last_used_on
    from {{ ref('cards') }} as cards
    cross join lateral (
        select max((transactions.occurred_at at time zone 'UTC')::date) as last_used_on
        from {{ ref('transactions') }} as transactions
        where transactions.card_id = cards.card_id
            and transactions.spent_on >= (
                select max(newest.spent_on) - 2
                from {{ ref('transactions') }} as newest
                where newest.card_id = cards.card_id
            )
    ) as used
    {%- endif %}

),

reviewed as (

    select
        cards.card_id,
        cards.name,
        cards.last_four,
        cards.agent_id,
        agents.name as agent_name,
        cards.budget_id,
        budgets.name as budget_name,
        cards.current_limit,
        cards.current_spent,
        cards.user_id,
        agents.is_active as is_agent_active,
        {{ newest_sync_date() }}
            - coalesce(last_used.last_used_on, (cards.created_at at time zone 'UTC')::date) as idle_days

    from {{ ref('cards') }} as cards

    left join {{ ref('agents') }} as agents
        on cards.agent_id = agents.agent_id

    left join {{ ref('budgets') }} as budgets
        on cards.budget_id = budgets.budget_id

    left join last_used
        on cards.card_id = last_used.card_id

    where cards.is_active

),

with_reasons as (

    select
        reviewed.*,
        {{ reasons({
            'no_user': 'user_id is null',
            'no_agent': 'user_id is not null and agent_id is null',
            'agent_inactive': 'not is_agent_active',
            'near_limit': 'current_limit > 0 and current_spent >= 0.9 * current_limit',
            'unused': 'idle_days > ' ~ var('stale_after_days'),
        }) }} as reasons
    from reviewed

)

select
    card_id,
    name,
    last_four,
    agent_id,
    agent_name,
    budget_id,
    budget_name,
    current_limit,
    current_spent,
    reasons
from with_reasons
where reasons is not null
