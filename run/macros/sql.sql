{# dbt's cross-database expressions, as dbt writes them for PostgreSQL. #}

{# The number of datepart boundaries between two moments. #}
{% macro datediff(first_date, second_date, datepart) -%}
    {%- set per = {'hour': ('day', 24), 'minute': ('hour', 60), 'second': ('minute', 60)} -%}
    {%- if datepart == 'year' -%}
(date_part('year', ({{ second_date }})::date) - date_part('year', ({{ first_date }})::date))
    {%- elif datepart in ('quarter', 'month') -%}
({{ datediff(first_date, second_date, 'year') }} * {{ 4 if datepart == 'quarter' else 12 }} + date_part('{{ datepart }}', ({{ second_date }})::date) - date_part('{{ datepart }}', ({{ first_date }})::date))
    {%- elif datepart == 'week' -%}
({{ datediff(first_date, second_date, 'day') }} / 7 + case
    when date_part('dow', ({{ first_date }})::timestamp) <= date_part('dow', ({{ second_date }})::timestamp)
        then case when {{ first_date }} <= {{ second_date }} then 0 else -1 end
    else case when {{ first_date }} <= {{ second_date }} then 1 else 0 end
end)
    {%- elif datepart == 'day' -%}
(({{ second_date }})::date - ({{ first_date }})::date)
    {%- elif datepart in ('millisecond', 'microsecond') -%}
({{ datediff(first_date, second_date, 'minute') }} * {{ 60000 if datepart == 'millisecond' else 60000000 }} + floor(date_part('{{ datepart }}', ({{ second_date }})::timestamp)) - floor(date_part('{{ datepart }}', ({{ first_date }})::timestamp)))
    {%- elif datepart in per -%}
({{ datediff(first_date, second_date, per[datepart][0]) }} * {{ per[datepart][1] }} + floor(date_part('{{ datepart }}', ({{ second_date }})::timestamp)) - floor(date_part('{{ datepart }}', ({{ first_date }})::timestamp)))
    {%- else -%}
        {{ exceptions.raise_compiler_error("Unsupported datepart '" ~ datepart ~ "' of datediff(): expected year, quarter, month, week, day, hour, minute, second, millisecond or microsecond") }}
    {%- endif -%}
{%- endmacro %}

{% macro last_day(date, datepart) -%}
cast({{ dateadd('day', '-1', dateadd('month', '3', date_trunc(datepart, date)) if datepart == 'quarter' else dateadd(datepart, '1', date_trunc(datepart, date))) }} as date)
{%- endmacro %}

{% macro date(year, month, day) %}make_date({{ year }}, {{ month }}, {{ day }}){% endmacro %}

{% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) -%}
    {%- if limit_num -%}
array_to_string((array_agg({{ measure }} {{ order_by_clause or '' }}))[1:{{ limit_num }}], {{ delimiter_text }})
    {%- else -%}
string_agg({{ measure }}, {{ delimiter_text }} {{ order_by_clause or '' }})
    {%- endif -%}
{%- endmacro %}

{% macro split_part(string_text, delimiter_text, part_number) %}split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }}){% endmacro %}
{% macro replace(field, old_chars, new_chars) %}replace({{ field }}, {{ old_chars }}, {{ new_chars }}){% endmacro %}
{% macro right(string_text, length_expression) %}right({{ string_text }}, {{ length_expression }}){% endmacro %}
{% macro position(substring_text, string_text) %}position({{ substring_text }} in {{ string_text }}){% endmacro %}
{% macro any_value(expression) %}min({{ expression }}){% endmacro %}
{% macro bool_or(expression) %}bool_or({{ expression }}){% endmacro %}
{% macro cast_bool_to_text(field) %}cast({{ field }} as varchar){% endmacro %}
{% macro array_append(array, new_element) %}array_append({{ array }}, {{ new_element }}){% endmacro %}
{% macro array_concat(array_1, array_2) %}array_cat({{ array_1 }}, {{ array_2 }}){% endmacro %}
{% macro array_construct(inputs=[], data_type='integer') %}array[{{ inputs | join(', ') }}]{% if not inputs %}::{{ data_type }}[]{% endif %}{% endmacro %}
{% macro snapshot_get_time() %}{{ current_timestamp() }}::timestamp without time zone{% endmacro %}

{# The numbers from 1, in a column generated_number; and moments from start to end, without end, in a column date_<datepart>. #}
{% macro generate_series(upper_bound) -%}
    {%- do get_powers_of_two(upper_bound) -%}
select generated_number::double precision as generated_number
from generate_series(1, {{ upper_bound }}) as generated_number
{%- endmacro %}

{% macro date_spine(datepart, start_date, end_date) -%}
    {%- set periods = get_intervals_between(start_date, end_date, datepart) -%}
    {%- do get_powers_of_two(periods) -%}
select * from (
    select {{ dateadd(datepart, 'period - 1', start_date) }} as date_{{ datepart }}
    from generate_series(1, ({{ periods }})::bigint) as period
) as all_periods
where date_{{ datepart }} <= {{ end_date }}
{%- endmacro %}
