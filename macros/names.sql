{# A name as it is compared: trimmed, in lower case, with white space folded to one blank. #}
{% macro folded_name(name) -%}
    regexp_replace(lower(btrim({{ name }}, {{ white_space() }})), '[ \t\r\n\f\v]+', ' ', 'g')
{%- endmacro %}
