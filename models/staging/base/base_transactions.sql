{# One row per landed record of transactions: its fields as typed columns, its amount in USD (R26), and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    distributed_by='position',
    incremental_predicates=['source in (' ~ changed_batches('transactions') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['transaction_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = [
    ['transaction_id',                 'text_id',     'id', 'required'],
    ['transaction_uuid',               'text',        'uuid'],
    ['transaction_type',               'text',        'transactionType'],
    ['status',                         'text',        'status'],
    ['occurred_at',                    'timestamptz', 'occurredTime', 'required'],
    ['updated_at',                     'timestamptz', 'updatedTime'],
    ['user_id',                        'reference','userId'],
    ['user_uuid',                      'text',        'userUuid'],
    ['user_name',                      'text',        'userName'],
    ['card_id',                        'reference','cardId'],
    ['budget_id',                      'reference','budgetId'],
    ['merchant_name',                  'text',        'merchantName'],
    ['raw_merchant_name',              'text',        'rawMerchantName'],
    ['merchant_category_code',         'text',        'merchantCategoryCode'],
    ['fees',                           'numeric',     'fees'],
    ['is_complete',                    'boolean',     'complete'],
    ['decline_reason',                 'text',        'declineReason'],
    ['original_auth_transaction_uuid', 'reference','originalAuthTransactionUuid'],
] %}

{# What the amount in USD is made of. #}
{% set currency_data = ['currency_data', 'object', 'currencyData'] %}
{% set original_minor_units = ['original_minor_units', 'minor_units', 'currencyData.originalCurrencyAmount'] %}
{% set original_currency = ['original_currency', 'text', 'currencyData.originalCurrencyCode'] %}
{% set money = [
    currency_data,
    original_minor_units,
    original_currency,
    ['exponent',  'integer', 'currencyData.exponent'],
    ['feed_rate', 'numeric', 'currencyData.exchangeRate'],
    ['amount',    'numeric', 'amount'],
] %}

with

{{ typed_records('transactions', fields + money) }},

-- The rates of a currency side by side, with the days from which they hold. No window, no subquery for each row: both would keep
-- parallel workers from all that follows.
rates as (

    select
        currency,
        array_agg(rate_date order by rate_date) as days,
        array_agg(usd_per_unit order by rate_date) as usd_per_unit
    from {{ ref('exchange_rates') }}
    group by currency

),

-- The exponent that the record gives, else that of its currency; the rate that it gives, else that of its day, which few need.
rated as (

    {% call computed_once() %}
    select
        typed.*,
        currencies.code is not null as is_known_currency,
        case when {{ is_absent('exponent') }} then currencies.minor_units else exponent end as minor_units,
        case when feed_rate > 0 then feed_rate end as record_rate,

        case when (feed_rate > 0) is not true and original_currency <> 'USD'
            then rates.usd_per_unit[width_bucket((typed.occurred_at at time zone 'UTC')::date, rates.days)]
        end as seed_rate

    from typed

    left join {{ ref('currencies') }} as currencies
        on typed.original_currency = currencies.code

    left join rates
        on typed.original_currency = rates.currency
    {%- endcall %}

),

priced as (

    select
        rated.*,

        -- Multiplied, as a division could round.
        trim_scale(original_minor_units * power(10::numeric, -minor_units)) as original_amount,

        case
            when record_rate is not null then record_rate
            when original_currency = 'USD' then 1
            else seed_rate
        end as exchange_rate,

        case
            when record_rate is not null then 'feed'
            when original_currency = 'USD' then 'par'
            when seed_rate is not null then 'seed'
            when amount is not null then 'amount'
        end as fx_source

    from rated

),

totalled as (

    {% call computed_once() %}
    select
        priced.*,
        case when exchange_rate is null then amount else round(original_amount * exchange_rate, 2) end as amount_usd
    from priced
    {%- endcall %}

),

judged as {{ copied_apart() }} (

    {% call computed_once() %}
    select
        {{ place_columns() }},
        record,
        file_order,
        is_repeated,
        {{ columns_of(fields) }},
        original_amount,
        original_currency,
        exchange_rate,
        amount_usd,
        fx_source,

        {{ judged(
            fields + money | reject('equalto', currency_data) | list,
            faults=[
                "case when " ~ is_absent('currency_data') ~ " then case when amount is not null then null"
                    ~ " when " ~ is_absent('amount') ~ " then "
                    ~ finding('error', 'missing_value', 'currencyData', 'json_currency_data', 'required where no amount is known')
                    ~ " else " ~ finding('error', 'invalid_value', 'amount', 'json_amount', 'required where currencyData is not there, must be a number') ~ " end"
                    ~ " when currency_data is null then "
                    ~ finding('error', 'invalid_value', 'currencyData', 'json_currency_data', 'must be an object') ~ " end",
                "case when currency_data is not null then "
                    ~ required(original_minor_units) ~ " end",
                "case when currency_data is not null then "
                    ~ required(original_currency) ~ " end",
                "case when original_currency is not null and not is_known_currency then "
                    ~ finding('error', 'unknown_currency', 'currencyData.originalCurrencyCode', 'json_original_currency',
                              'no code of ISO 4217 in seeds/currencies.csv') ~ " end",
                "case when not " ~ is_absent('exponent') ~ " and (exponent between 0 and 4) is not true then "
                    ~ finding('error', 'invalid_value', 'currencyData.exponent', 'json_exponent', 'must be a whole number from 0 to 4') ~ " end",
                "case when " ~ is_absent('exponent') ~ " and is_known_currency and minor_units is null then "
                    ~ finding('error', 'missing_value', 'currencyData.exponent', 'json_exponent', 'the currency has no minor units of its own') ~ " end",
            ],
            remarks=[
                "case when " ~ is_absent('currency_data') ~ " then "
                    ~ finding('warning', 'missing_value', 'currencyData', 'json_currency_data', 'only the amount is known') ~ " end",
                "case when currency_data is not null and " ~ is_absent('exponent') ~ " then "
                    ~ finding('warning', 'missing_value', 'currencyData.exponent', 'json_exponent', 'taken from the currency') ~ " end",
                "case when feed_rate <= 0 then "
                    ~ finding('warning', 'invalid_value', 'currencyData.exchangeRate', 'json_feed_rate', 'must be above 0: kept as null') ~ " end",
                "case when currency_data is not null and exchange_rate is null then "
                    ~ finding('warning', 'missing_value', 'currencyData.exchangeRate', 'json_feed_rate', 'no rate for the day: the amount of the feed is taken') ~ " end",
                "case when abs(amount - amount_usd) > 0.01 then "
                    ~ finding('warning', 'amount_mismatch', 'amount', 'json_amount', 'is not the original amount at its rate') ~ " end",
            ]
        ) }}

    from totalled
    {%- endcall %}

),

{{ concluded('transaction_id') }}

select
    {{ place_columns() }},
    {{ columns_of(fields) }},
    original_amount,
    original_currency,
    exchange_rate,
    amount_usd,
    fx_source,
    outcome,
    findings
from concluded
