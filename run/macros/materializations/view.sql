{# A view is only recreated when its definition, as parsed by PostgreSQL, has changed. #}

{# The definition to compare with: the query as parsed by PostgreSQL. #}
{% macro create_trial_view(trial, query) -%}
create temporary view {{ trial }} as

{{ query }}
{%- endmacro %}

{# Keeps grants, comments and dependent objects; possible if only columns at the end are added. #}
{% macro replace_view(relation, query) -%}
create or replace view {{ relation }} as

{{ query }}
{%- endmacro %}

{% macro create_view(relation, query) -%}
create view {{ relation }} as

{{ query }}
{%- endmacro %}
