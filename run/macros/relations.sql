{# dbt's macros about relations, columns and the run, which packages use. `adapter.own`: methods that a project's macro never overrides. #}

{% macro create_schema(relation) %}{% do adapter.own.create_schema(relation) %}{% endmacro %}
{% macro drop_schema(relation) %}{% do adapter.own.drop_schema(relation) %}{% endmacro %}
{% macro drop_relation(relation) %}{% do adapter.own.drop_relation(relation) %}{% endmacro %}
{% macro drop_relation_if_exists(relation) %}{% if relation is not none %}{% do adapter.drop_relation(relation) %}{% endif %}{% endmacro %}
{% macro rename_relation(from_relation, to_relation) %}{% do adapter.own.rename_relation(from_relation, to_relation) %}{% endmacro %}
{% macro truncate_relation(relation) %}{% do adapter.own.truncate_relation(relation) %}{% endmacro %}
{% macro get_columns_in_relation(relation) %}{% do return(adapter.own.get_columns_in_relation(relation)) %}{% endmacro %}
{% macro load_cached_relation(relation) %}{% do return(adapter.get_relation(relation.database, relation.schema, relation.identifier)) %}{% endmacro %}
{% macro information_schema_name(database) %}information_schema{% endmacro %}
{% macro check_schema_exists(information_schema, schema) %}{% do return(adapter.check_schema_exists(none, schema)) %}{% endmacro %}

{% macro get_or_create_relation(database, schema, identifier, type) -%}
    {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
    {%- do return([true, found] if found else [false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) -%}
{%- endmacro %}

{% macro list_schemas(database) %}{% do return(run_query('select distinct nspname from pg_namespace')) %}{% endmacro %}

{# Temporary and backup names of a relation, as in dbt. PostgreSQL's temporary tables have no schema that SQL could name. #}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') -%}
    {%- do return(base_relation.incorporate(path={'schema': none, 'database': none, 'identifier': base_relation.identifier[:63 - suffix | length] ~ suffix})) -%}
{%- endmacro %}

{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') -%}
    {%- do return(base_relation.incorporate(path={'identifier': base_relation.identifier[:63 - suffix | length] ~ suffix})) -%}
{%- endmacro %}

{% macro make_backup_relation(base_relation, backup_relation_type='table', suffix='__dbt_backup') -%}
    {%- do return(base_relation.incorporate(path={'identifier': base_relation.identifier[:63 - suffix | length] ~ suffix}, type=backup_relation_type)) -%}
{%- endmacro %}


{# Statements that create relations. #}
{% macro create_table_as(temporary, relation, sql) %}
create {% if temporary %}temporary {% elif config.get('unlogged', false) %}unlogged {% endif %}table {{ relation }} as (
    {{ sql }}
)
{%- endmacro %}

{% macro create_view_as(relation, sql) %}
create view {{ relation }} as (
    {{ sql }}
)
{%- endmacro %}

{% macro get_create_table_as_sql(temporary, relation, sql) %}{{ create_table_as(temporary, relation, sql) }}{% endmacro %}
{% macro get_create_view_as_sql(relation, sql) %}{{ create_view_as(relation, sql) }}{% endmacro %}
{% macro get_limit_subquery_sql(sql, limit) %}{{ sql }}
limit {{ limit }}{% endmacro %}


{# Columns. #}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
{{ select_sql_header or '' }}
select * from (
    {{ select_sql }}
) as __dbt_sbq
where false
limit 0
{%- endmacro %}

{% macro get_columns_in_query(select_sql) -%}
    {%- do return(run_query(get_empty_subquery_sql(select_sql)).columns | map(attribute='name') | list if execute else []) -%}
{%- endmacro %}

{% macro get_list_of_column_names(columns) %}{% do return(columns | map(attribute='name') | list) %}{% endmacro %}
{% macro get_quoted_csv(column_names) %}{% set quoted = [] %}{% for name in column_names %}{% do quoted.append(adapter.quote(name)) %}{% endfor %}{% do return(quoted | join(', ')) %}{% endmacro %}

{% macro diff_columns(source_columns, target_columns) -%}
    {%- set names = target_columns | map(attribute='column') | list -%}
    {%- set result = [] -%}
    {%- for column in source_columns if column.column not in names -%}{%- do result.append(column) -%}{%- endfor -%}
    {%- do return(result) -%}
{%- endmacro %}

{% macro alter_column_type(relation, column_name, new_column_type) -%}
    {%- do run_query('alter table ' ~ relation ~ ' alter column ' ~ adapter.quote(column_name) ~ ' type ' ~ new_column_type ~ ' using ' ~ adapter.quote(column_name) ~ '::' ~ new_column_type) -%}
{%- endmacro %}


{# The run. #}
{% macro should_full_refresh() -%}
    {%- set own = config.get('full_refresh') -%}
    {%- do return(flags.FULL_REFRESH if own is none else own) -%}
{%- endmacro %}

{% macro should_store_failures() -%}
    {%- set own = config.get('store_failures') -%}
    {%- do return(flags.STORE_FAILURES if own is none else own) -%}
{%- endmacro %}

{% macro run_hooks(hooks, inside_transaction=true) -%}
    {%- for hook in hooks | selectattr('transaction', 'equalto', inside_transaction) -%}
        {%- set rendered = render(hook.get('sql')) | trim -%}
        {%- if rendered %}{% do run_query(rendered) %}{% endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro drop_schema_named(schema_name) %}{% do adapter.drop_schema(api.Relation.create(schema=schema_name)) %}{% endmacro %}
{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) %}{% endmacro %}
{% macro make_hook_config(sql, inside_transaction) %}{{ tojson({'sql': sql, 'transaction': inside_transaction}) }}{% endmacro %}

{# The newest row of a source, and the time of the question: for `source freshness`. #}
{% macro collect_freshness(source, loaded_at_field, filter) -%}
    {%- call statement('freshness', fetch_result=true) -%}
        select max({{ loaded_at_field }})::timestamptz as newest, {{ current_timestamp() }} as asked
        from {{ source }}{% if filter %} where {{ filter }}{% endif %}
    {%- endcall -%}
    {%- do return(load_result('freshness')) -%}
{%- endmacro %}

{% macro collect_freshness_custom_sql(source, loaded_at_query) -%}
    {%- call statement('freshness', fetch_result=true) -%}
        select ({{ loaded_at_query }})::timestamptz as newest, {{ current_timestamp() }} as asked
    {%- endcall -%}
    {%- do return(load_result('freshness')) -%}
{%- endmacro %}


{# Times. #}
{% macro current_timestamp_backcompat() %}current_timestamp::{{ type_timestamp() }}{% endmacro %}
{% macro current_timestamp_in_utc_backcompat() %}(current_timestamp at time zone 'utc')::{{ type_timestamp() }}{% endmacro %}
{% macro snapshot_string_as_time(timestamp) %}{% do return("'" ~ timestamp ~ "'::timestamp without time zone") %}{% endmacro %}
{% macro py_current_timestring() %}{% do return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) %}{% endmacro %}
{% macro convert_datetime(date_str, date_fmt) %}{% do return(modules.datetime.datetime.strptime(date_str.strip(), date_fmt)) %}{% endmacro %}

{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') -%}
    {%- set start_date = convert_datetime(start_date_str, in_fmt) -%}
    {%- set end_date = convert_datetime(start_date_str if end_date_str is none else end_date_str, in_fmt) -%}
    {%- if start_date > end_date -%}
        {{ exceptions.raise_compiler_error('Partition start date is after the end date (' ~ start_date ~ ', ' ~ end_date ~ ')') }}
    {%- endif -%}
    {%- set dates = [] -%}
    {%- for i in range((end_date - start_date).days + 1) -%}
        {%- set date = modules.datetime.timedelta(days=i) + start_date -%}
        {%- do dates.append(date.strftime(out_fmt) if out_fmt else date) -%}
    {%- endfor -%}
    {%- do return(dates) -%}
{%- endmacro %}

{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
    {%- set parts = (raw_partition_date | string).split(',') -%}
    {%- if parts | length > 2 -%}
        {{ exceptions.raise_compiler_error('Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: ' ~ raw_partition_date) }}
    {%- endif -%}
    {%- do return(dates_in_range(parts[0], parts[1] if parts | length == 2 else none, in_fmt=date_fmt)) -%}
{%- endmacro %}

{# The number of powers of two that cover a number; and, from the database, the number of whole dateparts between two moments. #}
{% macro get_powers_of_two(upper_bound) -%}
    {%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error('upper bound must be positive') }}{%- endif -%}
    {%- for power in range(1, 100) -%}
        {%- if upper_bound <= 2 ** power -%}{{ return(power) }}{%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro get_intervals_between(start_date, end_date, datepart) -%}
    {%- if not execute -%}{%- do return(1) -%}{%- endif -%}
    {%- set rows = run_query('select ' ~ datediff(start_date, end_date, datepart)).rows -%}
    {%- do return(rows[0][0] if rows else 1) -%}
{%- endmacro %}
