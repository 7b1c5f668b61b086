{# A view is only made anew when its definition, as PostgreSQL reads it, is another. #}

{# The definition to compare with: PostgreSQL's own reading of the query. #}
{% macro create_trial_view(trial, query) -%}
create temporary view {{ trial }} as

{{ query }}
{%- endmacro %}

{# Keeps grants, comments and what depends on the view; possible where only columns at the end are new. #}
{% macro replace_view(relation, query) -%}
create or replace view {{ relation }} as

{{ query }}
{%- endmacro %}

{% macro create_view(relation, query) -%}
create view {{ relation }} as

{{ query }}
{%- endmacro %}
