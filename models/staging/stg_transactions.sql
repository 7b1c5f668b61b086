{# One row per transaction and batch: the accepted record. #}

select
    {{ columns_of('transactions') }},
    original_amount,
    exchange_rate,
    amount_usd,
    fx_source,
    {{ place_columns() }}
from {{ ref('landed_transactions') }}
where outcome = 'staged'
