{# Position of a hook, as in dbt's macros. before_begin and after_commit require --no-atomic. #}

{% macro make_hook_metadata(sql, inside_transaction) -%}
    {% do return(tojson({'sql': sql, 'transaction': inside_transaction})) %}
{%- endmacro %}

{% macro before_begin(sql) %}{% do return(make_hook_metadata(sql, inside_transaction=false)) %}{% endmacro %}

{% macro in_transaction(sql) %}{% do return(make_hook_metadata(sql, inside_transaction=true)) %}{% endmacro %}

{% macro after_commit(sql) %}{% do return(make_hook_metadata(sql, inside_transaction=false)) %}{% endmacro %}
