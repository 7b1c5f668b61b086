{# One row per rule that a record of cards failed, open or resolved. #}

with

-- Cards whose current record names a budget that no batch contains.
inferred_budgets as (

    select current_cards.*
    from {{ ref('current_cards') }} as current_cards
    left join {{ ref('current_budgets') }} as current_budgets
        on current_cards.budget_id = current_budgets.budget_id
    where current_cards.budget_id is not null
        and current_budgets.budget_id is null

),

found as (

    {{ findings_of(noted_records('cards', 'card_id'), 'cards', ['records.card_id']) }}

    union all

    {{ relation_error('inferred_budgets', 'cards', ['records.card_id'],
        'warning', 'inferred_parent', 'budgetId', 'records.budget_id',
        'no batch knows this budget: made of what names it') }}

    union all

    {{ refused_files(['cards'], {'card_id': 'text'}) }}

    union all

    {{ incomplete_snapshots('cards', {'card_id': 'text'}) }}

),

{{ error_table(['card_id']) }}
