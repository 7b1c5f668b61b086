{# JSON values as typed columns: R11 to R13. Every cast is guarded, so that no input can make a model fail.     #}
{# Each macro takes an expression of type jsonb and gives null where the value is absent or does not convert. #}


{# The characters that strings are trimmed of. #}
{% macro white_space() -%} E' \t\r\n\f\v' {%- endmacro %}

{% macro trimmed(json) -%} btrim({{ json }} #>> '{}', {{ white_space() }}) {%- endmacro %}

{# Absent, null or an empty string: all mean that there is no value. #}
{% macro is_absent(json) -%}
    (coalesce(jsonb_typeof({{ json }}), 'null') = 'null' or (jsonb_typeof({{ json }}) = 'string' and {{ trimmed(json) }} = ''))
{%- endmacro %}


{% macro as_text(json) -%}
    case jsonb_typeof({{ json }})
        when 'string' then nullif({{ trimmed(json) }}, '')
        when 'number' then {{ json }} #>> '{}'
    end
{%- endmacro %}

{# A text in which empty is a value of its own: '' is kept. #}
{% macro as_signature(json) -%}
    case jsonb_typeof({{ json }})
        when 'string' then {{ trimmed(json) }}
        when 'number' then {{ json }} #>> '{}'
    end
{%- endmacro %}

{# Below 10^24, so that no later arithmetic can overflow. #}
{% macro as_numeric(json) -%}
    case
        when jsonb_typeof({{ json }}) = 'number'
            then case when abs(({{ json }})::numeric) < 1e24 then ({{ json }})::numeric end
        when jsonb_typeof({{ json }}) = 'string'
            then case
                when {{ trimmed(json) }} ~ '^-?(0|[1-9][0-9]{0,40})([.][0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$'
                    then case when abs({{ trimmed(json) }}::numeric) < 1e24 then {{ trimmed(json) }}::numeric end
            end
    end
{%- endmacro %}

{% macro as_whole(json, type, least, most) -%}
    case
        when ({{ as_numeric(json) }}) % 1 = 0 and ({{ as_numeric(json) }}) between {{ least }} and {{ most }}
            then ({{ as_numeric(json) }})::{{ type }}
    end
{%- endmacro %}

{% macro as_bigint(json) -%} {{ as_whole(json, 'bigint', '-9223372036854775808', '9223372036854775807') }} {%- endmacro %}

{% macro as_integer(json) -%} {{ as_whole(json, 'integer', '-2147483648', '2147483647') }} {%- endmacro %}

{# Only true and false, or the very words as a string. #}
{% macro as_boolean(json) -%}
    case
        when jsonb_typeof({{ json }}) = 'boolean' then ({{ json }})::boolean
        when jsonb_typeof({{ json }}) = 'string' and {{ trimmed(json) }} in ('true', 'false') then {{ trimmed(json) }} = 'true'
    end
{%- endmacro %}

{# YYYY-MM-DD, a real date. #}
{% macro text_as_date(text) -%}
    case
        when {{ text }} ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
            then case when {{ is_real_day(text) }} then {{ text }}::date end
    end
{%- endmacro %}

{# Whether a text that begins with YYYY-MM-DD names a day that its month has. #}
{% macro is_real_day(text) -%}
    (
        substr({{ text }}, 9, 2) <= '28'
        or substr({{ text }}, 9, 2)::integer
            <= extract(day from (substr({{ text }}, 1, 7) || '-01')::date + interval '1 month' - interval '1 day')
    )
{%- endmacro %}

{% macro as_date(json) -%}
    case when jsonb_typeof({{ json }}) = 'string' then {{ text_as_date(trimmed(json)) }} end
{%- endmacro %}

{# YYYY-MM-DDThh:mm[:ss[.f…]] with Z or ±hh[:mm]: a time without a zone is none. #}
{% macro as_timestamptz(json) -%}
    case
        when jsonb_typeof({{ json }}) = 'string'
            then case
                when {{ trimmed(json) }} ~ (
                    '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'
                    'T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
                    '(Z|[+-](0[0-9]|1[0-5])(:[0-5][0-9])?)$'
                )
                    then case when {{ is_real_day(trimmed(json)) }} then {{ trimmed(json) }}::timestamptz end
            end
    end
{%- endmacro %}

{% macro as_object(json) -%} case when jsonb_typeof({{ json }}) = 'object' then {{ json }} end {%- endmacro %}

{% macro as_array(json) -%} case when jsonb_typeof({{ json }}) = 'array' then {{ json }} end {%- endmacro %}

{# A Freshdesk id: a whole JSON number above 0, or a string of digits. #}
{% macro as_id(json) -%}
    case
        when jsonb_typeof({{ json }}) in ('number', 'string') and {{ trimmed(json) }} ~ '^[0-9]{1,40}$'
            then case
                when {{ trimmed(json) }}::numeric between 1 and 9223372036854775807 then {{ trimmed(json) }}::bigint
            end
    end
{%- endmacro %}

{# A BILL id: a text that is not empty. #}
{% macro as_text_id(json) -%} {{ as_text(json) }} {%- endmacro %}
