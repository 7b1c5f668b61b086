{# A model's schema is the one that its config names: the warehouse has one target, so no prefix is needed. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
