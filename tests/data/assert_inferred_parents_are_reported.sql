{# Fails when a budget or card was inferred, as no batch contains it, and no open warning names a child of it (R19). #}

select 'budgets' as parent, budget_id as id
from {{ ref('budgets') }}
where is_inferred
    and budget_id not in (
        select btrim(raw_record ->> 'budgetId', {{ white_space() }}) from {{ ref('card_pipeline_errors') }}
        where error_type = 'inferred_parent' and field = 'budgetId' and resolved_at is null
    )
    and budget_id not in (
        select btrim(raw_record ->> 'budgetId', {{ white_space() }}) from {{ ref('transaction_pipeline_errors') }}
        where error_type = 'inferred_parent' and field = 'budgetId' and resolved_at is null
    )

union all

select 'cards' as parent, card_id as id
from {{ ref('cards') }}
where is_inferred
    and card_id not in (
        select btrim(raw_record ->> 'cardId', {{ white_space() }}) from {{ ref('transaction_pipeline_errors') }}
        where error_type = 'inferred_parent' and field = 'cardId' and resolved_at is null
    )
