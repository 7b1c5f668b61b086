{# One row per rule that a record of transactions failed, open or resolved. #}

with

-- Transactions whose current state names a card or a budget that no batch contains.
inferred_cards as (

    select current_transactions.*
    from {{ ref('current_transactions') }} as current_transactions
    left join {{ ref('current_cards') }} as current_cards
        on current_transactions.card_id = current_cards.card_id
    where current_transactions.card_id is not null
        and current_cards.card_id is null

),

inferred_budgets as (

    select current_transactions.*
    from {{ ref('current_transactions') }} as current_transactions
    left join {{ ref('current_budgets') }} as current_budgets
        on current_transactions.budget_id = current_budgets.budget_id
    where current_transactions.budget_id is not null
        and current_budgets.budget_id is null

),

found as (

    {{ findings_of(noted_records('transactions', 'transaction_id'), 'transactions', ['records.transaction_id']) }}

    union all

    {{ relation_error('inferred_cards', 'transactions', ['records.transaction_id'],
        'warning', 'inferred_parent', 'cardId', 'records.card_id',
        'no batch knows this card: made of what its transactions say') }}

    union all

    {{ relation_error('inferred_budgets', 'transactions', ['records.transaction_id'],
        'warning', 'inferred_parent', 'budgetId', 'records.budget_id',
        'no batch knows this budget: made of what its transactions say') }}

    union all

    {{ refused_files(['transactions'], {'transaction_id': 'text'}) }}

),

{{ error_table(['transaction_id']) }}
