{# In which time zone the days of a budget count. #}


{# Hooks of current_budgets: the budgets of which the time zone is another one now. #}
{% macro remember_time_zones() -%}
    {%- if is_incremental() -%}
    create temporary table time_zones_of_budgets on commit drop as
    select budget_id, known_timezone from {{ this }}
    {%- endif -%}
{%- endmacro %}

{% macro mark_budgets_of_other_time_zones() -%}
    {%- if is_incremental() -%}
    {%- set changed -%}
    select budget_id
    from time_zones_of_budgets as before
    full join {{ this }} as budgets
        using (budget_id)
    where before.known_timezone is distinct from budgets.known_timezone
    {%- endset -%}
    {{ mark_touched('time_zone_of_budget', changed) }}
    {%- endif -%}
{%- endmacro %}
