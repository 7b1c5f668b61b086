{# JSON values as typed columns: R11 to R13. Every cast is guarded, so that no input can make a model fail.         #}
{# For a column x a base model has looked up json_x (jsonb), type_x (its jsonb_typeof) and text_x (the trimmed text  #}
{# of a string or number, null when empty). Each macro gives null where the value is absent or does not convert.     #}


{# The characters that strings are trimmed of. PostgreSQL 15 reads \v as the letter, so its code stands here. #}
{% macro white_space() -%} E' \t\r\n\f\x0b' {%- endmacro %}


{# Absent, null or an empty string: all mean that there is no value. #}
{% macro is_absent(column) -%}
    (coalesce(type_{{ column }}, 'null') = 'null' or (type_{{ column }} = 'string' and text_{{ column }} is null))
{%- endmacro %}


{% macro as_text(column) -%} text_{{ column }} {%- endmacro %}

{# A text in which empty is a value of its own: '' is kept. #}
{% macro as_signature(column) -%}
    case when type_{{ column }} = 'string' then coalesce(text_{{ column }}, '') else text_{{ column }} end
{%- endmacro %}

{# A number, or a string by JSON's grammar of numbers. Below 10^24, so that no later arithmetic can overflow. That a string has but     #}
{# digits and begins with no 0 is seen five times as fast as that it matches the grammar.                                              #}
{% macro as_numeric(column) -%}
    case
        when type_{{ column }} = 'number'
            or (text_{{ column }} not like '0%' and length(text_{{ column }}) <= 18 and translate(text_{{ column }}, '0123456789', '') = '')
            or text_{{ column }} ~ '^-?(?:0|[1-9][0-9]{0,40})(?:[.][0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?$'
            then case when abs(text_{{ column }}::numeric) < 1e24 then text_{{ column }}::numeric end
    end
{%- endmacro %}

{# JSON numbers of few characters and without a point are whole: most are, and need no numeric. #}
{% macro as_whole(column, type, least, most) -%}
    case
        when type_{{ column }} = 'number' and length(text_{{ column }}) <= 9 and text_{{ column }} not like '%.%'
            then text_{{ column }}::{{ type }}
        when ({{ as_numeric(column) }}) % 1 = 0 and ({{ as_numeric(column) }}) between {{ least }} and {{ most }}
            then ({{ as_numeric(column) }})::{{ type }}
    end
{%- endmacro %}

{% macro as_bigint(column) -%} {{ as_whole(column, 'bigint', '-9223372036854775808', '9223372036854775807') }} {%- endmacro %}

{% macro as_integer(column) -%} {{ as_whole(column, 'integer', '-2147483648', '2147483647') }} {%- endmacro %}

{# Only true and false, or the very words as a string. #}
{% macro as_boolean(column) -%}
    case
        when type_{{ column }} = 'boolean' then json_{{ column }}::boolean
        when text_{{ column }} in ('true', 'false') then text_{{ column }} = 'true'
    end
{%- endmacro %}

{# YYYY-MM-DD, a real date. #}
{% macro text_as_date(text) -%}
    case
        when {{ text }} ~ '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$'
            then case when {{ is_real_day(text) }} then {{ text }}::date end
    end
{%- endmacro %}

{# Whether a text that begins with YYYY-MM-DD names a day that its month has, in a year that there was. #}
{% macro is_real_day(text) -%}
    {{ text }} >= '0001'
    and (
        substr({{ text }}, 9, 2) <= '28'
        or substr({{ text }}, 9, 2)::integer
            <= extract(day from (substr({{ text }}, 1, 7) || '-01')::date + interval '1 month' - interval '1 day')
    )
{%- endmacro %}

{% macro as_date(column) -%}
    case when type_{{ column }} = 'string' then {{ text_as_date('text_' ~ column) }} end
{%- endmacro %}

{# YYYY-MM-DDThh:mm[:ss[.f…]] with Z or ±hh[[:]mm]: a time without a zone is none. #}
{% macro as_timestamptz(column) -%}
    case
        when text_{{ column }} ~ (
            '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])'
            'T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?'
            '(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)$'
        )
            then case
                when not ({{ is_real_day('text_' ~ column) }}) then null
                when length(text_{{ column }}) <= 40 then text_{{ column }}::timestamptz
                {#- The cast refuses a long fraction of a second. #}
                else regexp_replace(text_{{ column }}, '([.][0-9]{12})[0-9]*', '\1')::timestamptz
            end
    end
{%- endmacro %}

{% macro as_object(column) -%} case when type_{{ column }} = 'object' then json_{{ column }} end {%- endmacro %}

{% macro as_array(column) -%} case when type_{{ column }} = 'array' then json_{{ column }} end {%- endmacro %}

{# A Freshdesk id: a whole JSON number above 0, or a string of digits. #}
{% macro as_id(column) -%}
    case
        when text_{{ column }} ~ '^[0-9]{1,40}$'
            then case when text_{{ column }}::numeric between 1 and 9223372036854775807 then text_{{ column }}::bigint end
    end
{%- endmacro %}

{# A BILL id, or another text that feeds an index: up to 200 characters, as an index holds no more than some 2,700 bytes. #}
{% macro as_text_id(column) -%} case when length(text_{{ column }}) <= 200 then text_{{ column }} end {%- endmacro %}
