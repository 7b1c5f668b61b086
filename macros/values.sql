{# What becomes a column, and how: R11 to R13. Every cast is guarded, so that no input can make a model fail. The     #}
{# values form a relation with a row for each field of a record: json as it came, kind (its jsonb_typeof), text (of a #}
{# string or number, trimmed, null when empty) and amount (of a number by JSON's grammar), besides the columns from   #}
{# the declaration of the field. See examined() in macros/fields.sql.                                                 #}


{# The characters that strings are trimmed of. PostgreSQL 15 reads \v as the letter, so its code stands here. #}
{% macro white_space() -%} E' \t\r\n\f\x0b' {%- endmacro %}


{# The types that a field can have: the type of its column, the JSON type that it should come as, and that in words. #}
{% macro field_types() -%}
    {{ return({
        'id':          {'column': 'bigint',      'json': 'number',  'words': 'a whole number above 0'},
        'text_id':     {'column': 'text',        'json': 'string',  'words': 'a text of up to 200 characters'},
        'reference':   {'column': 'text',        'json': 'string',  'words': 'a text of up to 200 characters'},
        'text':        {'column': 'text',        'json': 'string',  'words': 'a text'},
        'signature':   {'column': 'text',        'json': 'string',  'words': 'a text'},
        'bigint':      {'column': 'bigint',      'json': 'number',  'words': 'a whole number'},
        'integer':     {'column': 'integer',     'json': 'number',  'words': 'a whole number'},
        'minor_units': {'column': 'numeric',     'json': 'string',  'words': 'a number as a string'},
        'numeric':     {'column': 'numeric',     'json': 'number',  'words': 'a number'},
        'boolean':     {'column': 'boolean',     'json': 'boolean', 'words': 'true or false'},
        'timestamptz': {'column': 'timestamptz', 'json': 'string',  'words': 'a real date and time with a zone'},
        'date':        {'column': 'date',        'json': 'string',  'words': 'a real date'},
        'object':      {'column': 'jsonb',       'json': 'object',  'words': 'an object'},
        'array':       {'column': 'jsonb',       'json': 'array',   'words': 'an array'},
        'list':        {'column': 'jsonb',       'json': 'array',   'words': 'an array'},
    }) }}
{%- endmacro %}


{# kind, text and amount of a relation with the column json. #}
{% macro described(relation) -%}
    select texts.*, case when kind = 'number' or text ~ '{{ number_grammar() }}' then text::numeric end as amount
    from (
        select
            {{ relation }}.*,
            jsonb_typeof(json) as kind,
            case when jsonb_typeof(json) in ('string', 'number')
                then nullif(btrim(json #>> '{}', {{ white_space() }}), '')
            end as text
        from {{ relation }}
    ) as texts
{%- endmacro %}


{# A number of JSON, short enough to be cast. #}
{% macro number_grammar() -%} ^-?(?:0|[1-9][0-9]{0,40})(?:[.][0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?$ {%- endmacro %}


{# Absent, null or an empty string: all mean that there is no value. #}
{% macro is_absent() -%} (coalesce(kind, 'null') = 'null' or (kind = 'string' and text is null)) {%- endmacro %}


{# Whether a value converts to its type. Numbers must be below 10^24, so that no later arithmetic can overflow; a #}
{# time must have a zone.                                                                                         #}
{% macro converts() -%}
    case
        when type = 'signature' then kind = 'string' or text is not null
        when type = 'text' then text is not null
        {#- An index holds no more than some 2,700 bytes. #}
        when type in ('text_id', 'reference') then length(text) <= 200
        when type in ('numeric', 'minor_units') then abs(amount) < 1e24
        when type = 'bigint' then amount % 1 = 0 and amount between -9223372036854775808 and 9223372036854775807
        when type = 'integer' then amount % 1 = 0 and amount between -2147483648 and 2147483647
        when type = 'id' then {{ is_id() }}
        when type = 'boolean' then kind = 'boolean' or text in ('true', 'false')
        when type = 'timestamptz' and text ~ (
                '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
                'T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?'
                '(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)$'
            )
            or type = 'date' and kind = 'string' and text ~ '{{ date_grammar() }}'
            then {{ is_real_day('text') }}
        when type in ('timestamptz', 'date') then false
        when type = 'object' then kind = 'object'
        else kind = 'array'
    end
{%- endmacro %}


{# A Freshdesk id: a whole JSON number above 0, or a string of digits. #}
{% macro is_id() -%}
    case when text ~ '^[0-9]{1,40}$' then text::numeric between 1 and 9223372036854775807 end
{%- endmacro %}


{# Whether a value that does not convert is a number that is too large. A fraction in a whole number is not. #}
{% macro is_too_large() -%}
    (type in ('numeric', 'minor_units', 'bigint', 'integer') and text ~ '^-?[0-9]+(?:[.][0-9]+)?(?:[eE][+]?[0-9]+)?$'
        and (type in ('numeric', 'minor_units') or text not like '%.%'))
{%- endmacro %}


{# YYYY-MM-DD. #}
{% macro date_grammar() -%} ^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$ {%- endmacro %}


{# Whether a text that begins with YYYY-MM-DD names a day of the calendar; there is no year 0. #}
{% macro is_real_day(text) -%}
    {{ text }} >= '0001' and (substr({{ text }}, 9, 2) <= '28' or substr({{ text }}, 9, 2)::integer
        <= extract(day from (substr({{ text }}, 1, 7) || '-01')::date + interval '1 month' - interval '1 day'))
{%- endmacro %}


{# What a value that converts is cast from, as jsonb. The cast takes at most twelve digits of a fraction of a second. #}
{% macro fixed_value() -%}
    case
        when converts is not true then null
        when type in ('object', 'array', 'list', 'boolean') then json
        when type in ('bigint', 'integer') then to_jsonb(trunc(amount))
        when type = 'timestamptz' then to_jsonb(regexp_replace(text, '([.][0-9]{12})[0-9]+', '\1'))
        else to_jsonb(coalesce(text, ''))
    end
{%- endmacro %}


{# The column of a field: cast from the value at its path if the record conforms, else from the fixed value. #}
{% macro cast(column, field, body='body') -%}
    {%- set path = "'{" ~ field.path | replace('.', ',') ~ "}'" -%}
    {%- set type = field_types()[field.type].column -%}
    {%- if type == 'jsonb' -%}
    case when conforms then nullif({{ body }} #> {{ path }}, 'null') else fixed -> '{{ column }}' end as {{ column }}
    {%- elif field.type == 'signature' -%}
    case when conforms then btrim({{ body }} #>> {{ path }}, {{ white_space() }})
        else fixed ->> '{{ column }}' end as {{ column }}
    {%- elif type == 'text' -%}
    case when conforms then {{ body }} #>> {{ path }} else fixed ->> '{{ column }}' end as {{ column }}
    {%- else -%}
    (case when conforms then {{ body }} #>> {{ path }} else fixed ->> '{{ column }}' end)::{{ type }} as {{ column }}
    {%- endif -%}
{%- endmacro %}
