{# One row per landed content of transactions: its fields as typed columns, its amount in USD (R26), and the verdict #}
{# on it.                                                                                                            #}

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

with

{{ typed_records('transactions') }},


{# The exponent from the record, else from its currency; the rate from the record, else the one of its day. #}
rated as (
    {% call computed_once() %}
    select
        typed.*,
        currencies.code is not null as is_known_currency,
        case
            when exponent between 0 and 4 then exponent
            when exponent is null and {{ has_no('currencyData.exponent') }} then currencies.minor_units
        end as minor_units,
        case when feed_rate > 0 then feed_rate end as record_rate,
        case when (feed_rate > 0) is not true and original_currency <> 'USD'
            then rates.usd_per_unit[width_bucket((typed.occurred_at at time zone 'UTC')::date, rates.days)]
        end as seed_rate
    from typed
    left join {{ ref('currencies') }} as currencies
        on typed.original_currency = currencies.code

    {#- Arrays of rates and of the days from which they hold: windows and subqueries keep parallel workers away. #}
    left join (
        select currency, array_agg(rate_date order by rate_date) as days,
            array_agg(usd_per_unit order by rate_date) as usd_per_unit
        from {{ ref('exchange_rates') }} group by currency
    ) as rates
        on typed.original_currency = rates.currency
    {%- endcall %}
),

priced as (

    select
        rated.*,
        {#- Multiplied, as a division could round. #}
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
            when billed_amount is not null then 'amount'
        end as fx_source
    from rated

),

totalled as (
    {% call computed_once() %}
    select
        priced.*,
        case when exchange_rate is null then billed_amount
            else round(original_amount * exchange_rate, 2) end as amount_usd,
        (custom_fields <> '[]' or tags <> '[]')
            and exists (select from ({{ selected_tags() }}) as selected where is_odd) as has_odd_tags
    from priced
    {%- endcall %}
),

ruled as (

    select
        totalled.*,
        array_remove(array[
            {% call fault('missing_value', 'currencyData', 'required where no amount is known') %}
            billed_amount is null and {{ has_no('currencyData') }} and {{ has_no('amount') }}
            {% endcall %},
            {% call fault('invalid_value', 'amount', 'required where currencyData is not there, must be a number') %}
            billed_amount is null and {{ has_no('currencyData') }} and not {{ has_no('amount') }}
            {% endcall %},
            {% call fault('invalid_value', 'currencyData', 'must be an object') %}
            currency_data is null and not {{ has_no('currencyData') }}
            {% endcall %},
            {% call fault('unknown_currency', 'currencyData.originalCurrencyCode',
                'no code of ISO 4217 in seeds/currencies.csv') %}
            original_currency is not null and not is_known_currency
            {% endcall %},
            {% call fault('invalid_value', 'currencyData.exponent', 'must be a whole number from 0 to 4') %}
            (exponent between 0 and 4) is not true and not {{ has_no('currencyData.exponent') }}
            {% endcall %},
            {% call fault('missing_value', 'currencyData.exponent', 'the currency has no minor units of its own') %}
            minor_units is null and is_known_currency and {{ has_no('currencyData.exponent') }}
            {% endcall %}
        ], null) as rule_faults,
        array_remove(array[
            {% call remark('missing_value', 'currencyData', 'only the amount is known') %}
            currency_data is null and {{ has_no('currencyData') }}
            {% endcall %},
            {% call remark('missing_value', 'currencyData.exponent', 'taken from the currency') %}
            currency_data is not null and exponent is null and {{ has_no('currencyData.exponent') }}
            {% endcall %},
            {% call remark('invalid_value', 'currencyData.exchangeRate', 'must be above 0: kept as null') %}
            feed_rate <= 0
            {% endcall %},
            {% call remark('missing_value', 'currencyData.exchangeRate',
                'no rate for the day: the amount of the feed is taken') %}
            currency_data is not null and exchange_rate is null
            {% endcall %},
            {% call remark('amount_mismatch', 'amount', 'is not the original amount at its rate') %}
            abs(billed_amount - amount_usd) > 0.01
            {% endcall %},
            {% call remark('invalid_value', 'customFields', 'has an element that is no name with texts selected') %}
            has_odd_tags and custom_fields <> '[]'
            {% endcall %},
            {% call remark('invalid_value', 'tags', 'has an element that is no name with texts selected') %}
            has_odd_tags and coalesce(custom_fields, '[]') = '[]'
            {% endcall %},
            {% call remark('invalid_value', 'childTransactionIds', 'has an element that is no id') %}
            {{ has_unreadable_part('child_transaction_ids') }}
            {% endcall %},
            {% call remark('invalid_value', 'childTransactionUuids', 'has an element that is no id') %}
            {{ has_unreadable_part('child_transaction_uuids') }}
            {% endcall %}
        ], null) as rule_remarks
    from totalled

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('transactions') }},
    original_amount, exchange_rate, amount_usd, fx_source,
    outcome, findings
from concluded
