{# One row per transaction and batch: the accepted record. #}

{{ staged_records('transactions', more=['original_amount', 'exchange_rate', 'amount_usd', 'fx_source']) }}
