{# What was spent (R28), and in which months that changed. #}


{# The transactions to be made anew: those whose state came from a changed batch, or did before it changed, and those #}
{# of users who became another agent.                                                                                 #}
{% macro touched_transactions() -%}
    {{ transactions_of_changed_batches() }}
    {%- if is_incremental() %}
    union
    select transaction_id from {{ this }}
    where user_id in ({{ touched('agent_of_user') }})
    {%- endif %}
{%- endmacro %}


{# The first day, in UTC, of the month of a transaction: as the index on core.transactions has it. #}
{% macro month_of(transactions) -%}
    date_trunc('month', {{ transactions }}.occurred_at at time zone 'UTC')::date
{%- endmacro %}


{# Transactions that moved money, each spend once: no DECLINE, and no AUTHORIZATION that another points back to. #}
{# Citus takes no subquery for each row: there all those that are pointed back to are looked up first.           #}
{% macro counted_once(transactions) -%}
    {%- if on_citus() %}
    with

    settlements as materialized (

        select
            transaction_id,
            original_auth_transaction_uuid
        from {{ transactions }}
        where transaction_type is distinct from 'DECLINE'
            and original_auth_transaction_uuid is not null

    ),

    pointed_back_to as materialized (

        select authorizations.transaction_id

        from {{ transactions }} as authorizations

        inner join settlements
            on authorizations.transaction_uuid = settlements.original_auth_transaction_uuid
            and authorizations.transaction_id <> settlements.transaction_id

        where authorizations.transaction_type = 'AUTHORIZATION'

    )
    {%- endif %}

    select
        moved.transaction_id,
        {{ month_of('moved') }} as month,
        moved.budget_id,
        moved.agent_id,
        moved.merchant_name,
        moved.amount_usd
    from {{ transactions }} as moved
    where moved.transaction_type is distinct from 'DECLINE'
        {%- if on_citus() %}
        and moved.transaction_id not in (select transaction_id from pointed_back_to)
        {%- else %}
        and (
            moved.transaction_type is distinct from 'AUTHORIZATION'
            or not exists (
                select from {{ transactions }} as settlements
                where settlements.original_auth_transaction_uuid = moved.transaction_uuid
                    and settlements.transaction_type is distinct from 'DECLINE'
                    and settlements.transaction_id <> moved.transaction_id
            )
        )
        {%- endif %}
{%- endmacro %}


{# Hooks of core.transactions. Before it changes: what the touched transactions count for, and the authorizations #}
{# that they point back to, in the old state or in the new one.                                                   #}
{% macro remember_spend() -%}
    {%- if is_incremental() -%}
    create temporary table touched_spend on commit drop as
    with touched as materialized (
        {{ touched_transactions() }}
    ),
    current_states as materialized (
        select content_file_id, content_position from {{ ref('current_transactions') }}
        where transaction_id in (select transaction_id from touched)
    ),
    pointed_back_to as materialized (
        select original_auth_transaction_uuid from {{ this }}
        where transaction_id in (select transaction_id from touched)
        union
        select states.original_auth_transaction_uuid
        from current_states
        inner join {{ ref('base_transactions') }} as states
            on current_states.content_file_id = states.file_id
            and current_states.content_position = states.position
    )
    select transaction_id from touched
    union
    select transaction_id from {{ this }}
    where transaction_type = 'AUTHORIZATION'
        and transaction_uuid in (select original_auth_transaction_uuid from pointed_back_to);

    analyze touched_spend;

    create temporary table spend_around on commit drop as
    {{ spend_of_touched() }}
    {%- endif -%}
{%- endmacro %}

{# After it: the months of what is not the same now. Made as a whole, any month may have changed. #}
{% macro mark_months_of_spend() -%}
    {%- if is_incremental() -%}
    insert into spend_around
    {{ spend_of_touched() }};

    {%- set changed -%}
    select distinct month::text from spend_around
    group by month, spend_around::text
    having count(*) = 1
    {%- endset %}
    {{ mark_touched('spend_month', changed) }}
    {%- else -%}
    {%- set months -%}
    select distinct ({{ month_of('transactions') }})::text from {{ this }} as transactions
    union
    select key from {{ source('ops', 'touched') }} where what = 'spend_month'
    {%- endset -%}
    {{ mark_touched('spend_month', months) }}
    {%- endif -%}
{%- endmacro %}

{% macro spend_of_touched() -%}
    select * from ({{ counted_once(this) }}) as spend
    where transaction_id in (select transaction_id from touched_spend)
{%- endmacro %}


{# The months in which spend changed since this model was last published. #}
{% macro touched_months() -%}
    {{ listed("select key::date from (" ~ touched('spend_month') ~ ") as months") }}
{%- endmacro %}


{# A mart of spend by month and another column: the months that changed are counted anew. #}
{% macro spend_by_month(column) -%}
select
    month,
    {{ column }},
    sum(amount_usd) as amount_usd,
    count(*) as transaction_count
from {{ ref('spend') }}
{%- if is_incremental() %}
where month in ({{ touched_months() }})
{%- endif %}
group by month, {{ column }}
{%- endmacro %}
