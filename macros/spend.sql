{# What was spent (R28, R31), and in which months that changed. #}


{# The types of transactions that settle, for IN. #}
{% macro settling_types() -%}
    ('{{ var('settling_types') | join("', '") }}')
{%- endmacro %}


{# The transactions that an increment computes again: those whose state comes from a changed batch, or did before the #}
{# change; those of users who were mapped to another agent; those that count differently, as another one came or      #}
{# went; and those of budgets whose time zone changed.                                                                #}
{% macro touched_transactions() -%}
    {{ transactions_of_changed_batches() }}
    union
    {{ touched('spend_kind') }}
    union
    select transaction_id from {{ this }}
    where user_id in ({{ touched('agent_of_user') }})
    union
    select transaction_id from {{ this }}
    where budget_id in ({{ touched('time_zone_of_budget') }})
{%- endmacro %}


{# The first day of the month of a transaction: as the index on core.transactions has it. #}
{% macro month_of(transactions) -%}
    date_trunc('month', {{ transactions }}.spent_on::timestamp)::date
{%- endmacro %}


{# The name of a merchant as it is compared: Uber and UBER are one. Names are trimmed already, and few have white #}
{# space to fold.                                                                                                 #}
{% macro merchant_of(name) -%}
    ops.upper_case(case when {{ name }} ~ '[ \t\r\n\f\v]{2}|[\t\r\n\f\v]'
        then regexp_replace({{ name }}, '[ \t\r\n\f\v]+', ' ', 'g') else {{ name }} end)
{%- endmacro %}


{# Whether a transaction counts and lacks the receipt that it needs: in the words of an index on core.transactions. #}
{% macro lacks_receipt(transactions) -%}
    {{ transactions }}.is_receipt_required
    and {{ transactions }}.receipt_status in ('MISSING', 'NOT_ATTACHED')
    and {{ transactions }}.spend_kind in {{ kinds_that_count() }}
{%- endmacro %}


{# Payments of one amount with one card at one merchant on one day, where there are several. Payments with the same   #}
{# card, day and amount are found in an index and then looked up one by one, as they are few: a report must not read #}
{# the rows of all days.                                                                                              #}
{% macro repeated_payments() -%}
    select
        payments.spent_on,
        payments.card_id,
        payments.merchant,
        payments.amount_usd,
        max(payments.agent_id) as agent_id,
        max(payments.user_name) as user_name,
        count(*) as times
    from (
        select card_id, spent_on, amount_usd
        from {{ ref('transactions') }}
        where spend_kind in ('settled', 'pending')
            and card_id is not null
            and amount_usd is not null
        group by card_id, spent_on, amount_usd
        having count(*) > 1
    ) as alike
    cross join lateral (
        {% call computed_once() %}
        select
            transactions.*,
            {{ merchant_of('transactions.merchant_name') }} as merchant
        from {{ ref('transactions') }} as transactions
        where transactions.card_id = alike.card_id
            and transactions.spent_on = alike.spent_on
            and transactions.amount_usd = alike.amount_usd
            and transactions.spend_kind in ('settled', 'pending')
        {%- endcall %}
    ) as payments
    group by 1, 2, 3, 4
    having count(*) > 1
{%- endmacro %}


{# Hook of core.transactions, before it changes: stores what the touched transactions count for. #}
{% macro remember_spend() -%}
    {%- if is_incremental() -%}
    create temporary table touched_spend on commit drop as
    {{ touched_transactions() }};

    analyze touched_spend;

    create temporary table spend_around on commit drop as
    {{ spend_of_touched() }}
    {%- endif -%}
{%- endmacro %}

{# Hook of core.transactions, after it changed: marks the months in which something differs, or all months after a #}
{# full build. No other model reads which transactions count differently.                                          #}
{% macro mark_months_of_spend() -%}
    {%- if is_incremental() -%}
    insert into spend_around
    {{ spend_of_touched() }};

    {%- set changed -%}
    select distinct month::text from spend_around
    group by month, spend_around::text
    having count(*) = 1
    {%- endset %}
    {{ mark_touched('spend_month', changed) }};
    {%- else -%}
    {%- set months -%}
    select distinct ({{ month_of('transactions') }})::text from {{ this }} as transactions
    union
    select key from {{ source('ops', 'touched') }} where what = 'spend_month'
    {%- endset -%}
    {{ mark_touched('spend_month', months) }};
    {%- endif %}

    delete from {{ source('ops', 'touched') }} where what = 'spend_kind'
{%- endmacro %}

{% macro spend_of_touched() -%}
    select
        transaction_id,
        {{ month_of('transactions') }} as month,
        spend_kind,
        budget_id,
        agent_id,
        merchant_name,
        amount_usd
    from {{ this }} as transactions
    where transaction_id in (select transaction_id from touched_spend)
        and spend_kind in {{ kinds_that_count() }}
{%- endmacro %}

{% macro kinds_that_count() -%}
    ('settled', 'pending', 'other')
{%- endmacro %}


{# The months in which spend changed since this model was last published. #}
{% macro touched_months() -%}
    {{ listed("select key::date from (" ~ touched('spend_month') ~ ") as months") }}
{%- endmacro %}


{# What was spent by month and another column of core.transactions. Only months that changed are counted again. What #}
{# is no spend (funding, adjustments) has a column of its own.                                                       #}
{% macro spend_by_month(column, expression=none) -%}
select
    {{ month_of('transactions') }} as month,
    {{ expression or column }} as {{ column }},
    {{ sums_of_spend('transactions') }}
from {{ ref('transactions') }} as transactions
where spend_kind in {{ kinds_that_count() }}
group by 1, 2
{%- endmacro %}

{# An unknown amount adds nothing. #}
{% macro sums_of_spend(transactions) -%}
    {%- for name, kinds in {
        'amount_usd': "in ('settled', 'pending')",
        'settled_usd': "= 'settled'",
        'pending_usd': "= 'pending'",
        'other_usd': "= 'other'",
    }.items() -%}
    coalesce(sum({{ transactions }}.amount_usd) filter (where {{ transactions }}.spend_kind {{ kinds }}), 0)
        as {{ name }},
    {% endfor -%}
    count(*) filter (where {{ transactions }}.spend_kind in ('settled', 'pending')) as transaction_count
{%- endmacro %}

{% macro spend_columns(relation) -%}
    {%- for column in ['amount_usd', 'settled_usd', 'pending_usd', 'other_usd', 'transaction_count'] %}
    {{ relation }}.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
