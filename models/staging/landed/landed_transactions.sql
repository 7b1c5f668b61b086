{# One row per landed record of transactions: the batch that lists it, its content, and the verdict on both. #}

{{ landed_records('transactions', more=['original_amount', 'exchange_rate', 'amount_usd', 'fx_source']) }}
