{# Groups of rows that builds changed, in ops.touched: a model that aggregates rows looks only at the groups that    #}
{# changed since it was last published. Hooks of the model that changes the rows mark the groups, as only there both #}
{# the old and the new rows are available.                                                                           #}


{# The keys of the groups that changed since this model was last published: a subquery. #}
{% macro touched(what) -%}
    select key from {{ source('ops', 'touched') }}
    where what = '{{ what }}'
        and changed_in > {{ last_built() }}
{%- endmacro %}


{# Marks the groups whose keys a query gives. #}
{% macro mark_touched(what, keys) -%}
    insert into {{ source('ops', 'touched') }} (what, key, changed_in)
    select
        '{{ what }}',
        key,
        coalesce((select max(changed_in) from {{ ref('base_batches') }}), 0)
    from ({{ keys }}) as changed (key)
    on conflict (what, key) do update set changed_in = excluded.changed_in
{%- endmacro %}


{# Hooks of current_transactions: they mark the batches whose state is current again, as the batch of the newer state #}
{# changed. The rows alone no longer tell which state was current before.                                             #}
{% macro remember_states() -%}
    {%- if is_incremental() -%}
    create temporary table states_of_changed_batches on commit drop as
    select transaction_id from {{ this }}
    where source in ({{ changed_batches('transactions') }})
    {%- endif -%}
{%- endmacro %}

{% macro mark_batches_of_returned_states() -%}
    {%- if is_incremental() -%}
    {%- set returned -%}
    select distinct source from {{ this }}
    where transaction_id in (select transaction_id from states_of_changed_batches)
        and source not in ({{ changed_batches('transactions') }})
    {%- endset -%}
    {{ mark_touched('returned_states', returned) }}
    {%- endif -%}
{%- endmacro %}


{# Hooks of a model whose readers follow one of its columns by key: they mark the keys whose value changed, and those #}
{# whose row came or went. A full build rebuilds its readers in any case.                                             #}
{% macro remember_values(key, column) -%}
    {%- if is_incremental() -%}
    create temporary table {{ this.identifier }}_before on commit drop as
    select {{ key }}, {{ column }} from {{ this }}
    {%- endif -%}
{%- endmacro %}

{% macro mark_other_values(what, key, column) -%}
    {%- set changed -%}
    select {{ key }}
    from {{ this.identifier }}_before as before
    full join {{ this }} as now
        using ({{ key }})
    where before.{{ column }} is distinct from now.{{ column }}
    {%- endset -%}
    {#- Rendered in any case, so that parsing sees what it reads. -#}
    {%- set marking = mark_touched(what, changed) -%}
    {%- if is_incremental() -%} {{ marking }} {%- endif -%}
{%- endmacro %}
