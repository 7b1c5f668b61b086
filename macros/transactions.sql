{# What transactions have besides amounts: parents that no batch contains (R19), and tags. #}


{# The transactions whose current state comes from a changed batch, or did before the change: for increments. #}
{% macro transactions_of_changed_batches() -%}
    select transaction_id from {{ ref('current_transactions') }}
    where source in ({{ changed_batches('transactions') }})
    union
    select transaction_id from {{ this }}
    where source in ({{ changed_batches('transactions') }})
{%- endmacro %}


{# CTEs that end in `unknown`, the keys that transactions (and another relation) name and no batch contains, and #}
{# `newest`, the newest current transaction by R27 that names each of them.                                      #}
{% macro newest_of_unknown(key, known, other_namers=none) -%}
named as (

    select {{ key }} from {{ ref('transaction_parties') }}
    where {{ key }} is not null
    {%- if other_namers %}
    union
    select {{ key }} from {{ other_namers }}
    where {{ key }} is not null
    {%- endif %}

),

unknown as (

    select distinct named.{{ key }}
    from named
    left join {{ known }} as known
        on named.{{ key }} = known.{{ key }}
    where known.{{ key }} is null

),

their_transactions as materialized (

    select * from {{ ref('current_transactions') }}
    where {{ key }} in (select {{ key }} from unknown)

),

newest_places as (

    select distinct on (transactions.{{ key }}) transactions.*

    from their_transactions as transactions

    left join {{ ref('base_files') }} as files
        on transactions.file_id = files.file_id

    order by transactions.{{ key }}, {{ newest_first('transactions', 'files') }}

),

newest as (

    select states.*

    from newest_places

    inner join {{ ref('base_transactions') }} as states
        on newest_places.content_file_id = states.file_id
        and newest_places.content_position = states.position

)
{%- endmacro %}


{# The order of R27 among transactions of different keys. #}
{% macro newest_first(transactions, files) -%}
    {{ transactions }}.updated_at desc nulls last, {{ transactions }}.batch_order desc,
        {{ files }}.file_order desc, {{ transactions }}.position desc
{%- endmacro %}


{# The values selected in the fields of a transaction, from its columns custom_fields and tags: a row per element, #}
{# with the name and the value where they are texts of up to 200 characters, as an index holds no more. tags count #}
{# only without custom_fields, which replaced them. `is_odd`: any other value, which gives no tag.                 #}
{% macro selected_tags() -%}
    select
        texts.name,
        texts.value,
        jsonb_typeof(fields.field) <> 'null' and texts.name is null
            or jsonb_typeof(fields.selected) not in ('null', 'array')
            or texts.value is null and jsonb_typeof(fields.value) <> 'null'
                and btrim(fields.value #>> '{}', {{ white_space() }}) <> ''
            as is_odd
    from (
        select
            coalesce(custom.field, tag.field) as field,
            coalesce(custom.field -> 'name', tag.field #> '{tagType,name}') as name,
            coalesce(custom.field -> 'selectedValues', tag.field -> 'selectedTagValues') as selected,
            -- An element that should be an object with a value, and is not, counts as false, which is odd.
            coalesce(
                case
                    when jsonb_typeof(of_custom.element) = 'object' then coalesce(of_custom.element -> 'value', 'null')
                    when of_custom.element <> 'null' then 'false'
                end,
                of_tag.element
            ) as value
        -- One of the two lists is null. No UNION, which Citus does not plan here.
        from (select nullif(custom_fields, '[]') as customs) as lists
        left join lateral jsonb_array_elements(customs) as custom (field) on true
        left join lateral jsonb_array_elements(case when customs is null then tags end) as tag (field) on true
        left join lateral {{ elements_in("custom.field -> 'selectedValues'") }} as of_custom (element) on true
        left join lateral {{ elements_in("tag.field -> 'selectedTagValues'") }} as of_tag (element) on true
        where custom.field is not null or tag.field is not null
    ) as fields
    cross join lateral (
        select {{ short_text('fields.name') }} as name, {{ short_text('fields.value') }} as value
    ) as texts
{%- endmacro %}

{% macro short_text(json) -%}
    case when jsonb_typeof({{ json }}) in ('string', 'number')
        and length(btrim({{ json }} #>> '{}', {{ white_space() }})) between 1 and 200
        then btrim({{ json }} #>> '{}', {{ white_space() }}) end
{%- endmacro %}

{% macro elements_in(list) -%}
    jsonb_array_elements(case when jsonb_typeof({{ list }}) = 'array' then {{ list }} end)
{%- endmacro %}
