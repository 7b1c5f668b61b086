{# One row per rule that a record of transactions failed, open or resolved. #}

-- depends_on: {{ ref('transaction_parties') }}

with

-- Transactions whose current state names a card or a budget that no batch contains. Most often there is none, and then
-- no transaction is read, except on Citus, which refuses the condition.
{% for inferred, key, known in [
    ('inferred_cards', 'card_id', 'current_cards'),
    ('inferred_budgets', 'budget_id', 'current_budgets'),
] -%}
{{ inferred }} as (

    select current_transactions.*
    from {{ ref('current_transactions') }} as current_transactions
    left join {{ ref(known) }} as known
        on current_transactions.{{ key }} = known.{{ key }}
    where current_transactions.{{ key }} is not null
        and known.{{ key }} is null
    {%- if not on_citus() %}
        and exists (
            select from {{ ref('transaction_parties') }} as parties
            left join {{ ref(known) }} as known
                on parties.{{ key }} = known.{{ key }}
            where parties.{{ key }} is not null
                and known.{{ key }} is null
        )
    {%- endif %}

),

{% endfor -%}
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
