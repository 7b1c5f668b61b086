{# From the declaration of an entity (loaders/entities/<entity>.yml) to typed columns and to findings by the rules #}
{# R11 to R14. A finding holds what an errors table shows: {severity, error_type, field, value, rule}. A fault     #}
{# quarantines its record, a remark does not.                                                                      #}


{# The names of all entities: each has a declaration, a table in raw, and a model base_<entity>. #}
{% macro entities() -%}
    {{ return(var('entities').keys() | list) }}
{%- endmacro %}


{# The fields of an entity, a mapping of columns to {path, type, required, minimum, kept}. #}
{% macro fields_of(entity) -%}
    {%- set declared = var('entities')[entity] -%}
    {%- set fields = {} -%}
    {%- if declared.extends -%}{%- do fields.update(var('entities')[declared.extends].fields) -%}{%- endif -%}
    {%- do fields.update(declared.fields) -%}
    {{ return(fields) }}
{%- endmacro %}


{# A hash of all that decides how a record is cast: it tells which declaration a record conforms to. #}
{# loaders/declaration.ts computes the same.                                                         #}
{% macro declaration(entity) -%}
    {%- set lines = [] -%}
    {%- for column, field in fields_of(entity).items() -%}
        {%- set required = 'required' if field.required else '' -%}
        {%- do lines.append([column, field.path, field.type, required, field.minimum | default('')] | join(' ')) -%}
    {%- endfor -%}
    x'{{ local_md5(lines | join('\n'))[:8] }}'::integer
{%- endmacro %}


{# The columns of a base model, in the order of the declaration, of a relation where one is named. #}
{% macro columns_of(entity, relation=none) -%}
    {%- set columns = [] -%}
    {%- for column, field in fields_of(entity).items() if field.kept | default(true) -%}
        {%- do columns.append(column) -%}
    {%- endfor -%}
    {%- for column in columns -%}
        {{ relation ~ '.' if relation }}{{ column }}{{ (',\n    ' if loop.index % 6 == 0 else ', ') if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{# A SELECT whose columns later CTEs use many times. The planner inlines CTEs, and would compute each column again  #}
{# wherever it is used, but it never inlines one that has a WITH of its own. Filters are still pushed down into it, #}
{# and parallel workers may take part. Citus removes such a WITH; there an ORDER BY, by a constant, keeps the CTE   #}
{# apart, which elsewhere would keep parallel workers out.                                                          #}
{% macro computed_once() -%}
    {{ apart() }}
    {{- caller() }}
    {%- if on_citus() %}
    order by coalesce(1)
    {%- endif %}
{%- endmacro %}


{# The WITH of computed_once, alone: for a SELECT that Citus may push down to its workers. #}
{% macro apart() -%}
    {{ 'with computed_once as (select 1)' if not on_citus() }}
{%- endmacro %}


{# How to write a CTE that is read twice: inlined, so that filters are pushed down. Citus would take the two copies #}
{# for one table.                                                                                                   #}
{% macro copied() -%}
    {{ 'materialized' if on_citus() else 'not materialized' }}
{%- endmacro %}


{# The CTEs that open a base model. Records that conform to the declaration, as the loader found, are cast directly; #}
{# the others are examined field by field, and values that convert are cast. The last CTE, `typed`, has a column for #}
{# each field, and the findings about the fields.                                                                    #}
{% macro typed_records(entity) -%}
landed as (

    {{ landed_contents(entity) }}

),

{{ typed('landed', fields_of(entity)) }}
{%- endmacro %}


{# The CTE that makes columns of the fields of a relation. `fixed` is what the columns of a record that does not #}
{# conform are cast from.                                                                                        #}
{% macro typed(relation, fields, body='body', prefix='') -%}
typed as (
    {% call computed_once() %}
    select
        {{ relation }}.*,
        examined.faults as field_faults,
        examined.remarks as field_remarks,
        {%- for column, field in fields.items() %}
        {{ cast(column, field, body) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    cross join lateral (
        {{ examined(fields, body, prefix) }}
    ) as examined
    {%- endcall %}

)
{%- endmacro %}


{# One record, field by field: its values that convert, by column (fixed), and what is wrong with the others. A #}
{# record that conforms is not examined.                                                                        #}
{% macro examined(fields, body, prefix) -%}
        with
        fields (number, name, path, type, is_required, minimum) as (
            values
            {%- for column, field in fields.items() %}
            {{- '\n            ' if loop.index % 2 == 1 else ' ' -}}
            {%- set required = 'true' if field.required else 'false' -%}
            {%- set minimum = field.minimum | default('null::int') %}
            {{- "(%s, '%s', '%s', '%s', %s, %s)"
                | format(loop.index, column, field.path, field.type, required, minimum) }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        ),
        types (type, json_type, words) as (
            values
            {%- for type, kind in field_types().items() %}
            {{- '\n            ' if loop.index % 3 == 1 else ' ' -}}
            ('{{ type }}', '{{ kind.json }}', '{{ kind.words }}'){{ ',' if not loop.last }}
            {%- endfor %}
        ),
        found as (
            select
                *,
                '{{ prefix }}' || path as field,
                {{ body }} #> string_to_array(path, '.') as json,
                {#- Nothing is required in an object that is absent. #}
                is_required
                    and jsonb_typeof({{ body }} #> (string_to_array(path, '.'))[:regexp_count(path, '[.]')]) = 'object'
                    as is_due
            from fields
            inner join types using (type)
            where not conforms
        ),
        described as materialized (
            {{ described('found') }}
        ),
        judged as (
            select described.*, {{ converts() }} as converts
            from described
        ),
        verdicts as (
            select
                number, name, {{ fixed_value() }} as fixed,
                {{ field_fault() }} as fault,
                {{ field_remark() }} as remark
            from judged
        )
        select
            jsonb_object_agg(name, fixed) filter (where fixed is not null) as fixed,
            coalesce(array_agg(fault order by number) filter (where fault is not null), '{}') as faults,
            coalesce(array_agg(remark order by number) filter (where remark is not null), '{}') as remarks
        from verdicts
{%- endmacro %}


{# A fault where a required field is missing (R14) or does not convert (R13), or a value is out of bounds. #}
{% macro field_fault() -%}
    case
        when is_due and converts is not true then case
            when {{ is_absent() }} and type in ('id', 'text_id')
                then {{ finding('error', 'missing_key', rule="'every record needs its key'") }}
            when {{ is_absent() }} then {{ finding('error', 'missing_value', rule="'required'") }}
            when type in ('id', 'text_id') then {{ finding('error', 'invalid_key', rule="'must be ' || words") }}
            when {{ is_too_large() }} then {{ finding('error', 'invalid_value', rule="'is too large'") }}
            else {{ finding('error', 'invalid_value', rule="'required, must be ' || words") }}
        end
        when converts and amount < minimum then {{ finding('error', 'invalid_value',
                rule="case minimum when 0 then 'must not be negative' else 'must be at least ' || minimum end") }}
    end
{%- endmacro %}


{# A remark where a value was converted from another type (R12), or did not convert and became null (R13, R16). #}
{% macro field_remark() -%}
    case
        when converts is not true then case
            when type = 'list' and json is not null then {{ finding('error', 'invalid_value',
                rule="'must be an array: the list is unknown'") }}
            when is_due or {{ is_absent() }} then null
            when {{ is_too_large() }} then {{ finding('warning', 'invalid_value',
                rule="'is too large: kept as null'") }}
            else {{ finding('warning', 'invalid_value', rule="'must be ' || words || ': kept as null'") }}
        end
        when kind <> json_type or (type in ('bigint', 'integer') and text like '%.%') then {{ finding(
            'warning', 'coerced_value', rule="'should be ' || words || ': converted'") }}
    end
{%- endmacro %}


{# One finding: its words as literals, field, value and rule as expressions. #}
{% macro finding(severity, error_type, field='field', value='json', rule='rule') -%}
    jsonb_build_object('severity', '{{ severity }}', 'error_type', '{{ error_type }}', 'field', {{ field }}, 'value'
    {{- ', ' ~ value ~ ", 'rule', " ~ rule }})
{%- endmacro %}


{# A rule beyond the type of a field. The body of the call is its SQL, true where a record breaks the rule. #}
{% macro fault(error_type, path, rule, severity='error', body='body') -%}
    case when {{ caller() | trim }} then {{ finding(severity, error_type, "'" ~ path ~ "'", json_at(path, body),
            "'" ~ rule | replace("'", "''") ~ "'") }} end
{%- endmacro %}


{# Like `fault`, for something odd in a record that is kept. #}
{% macro remark(error_type, path, rule, body='body') -%}
    case when {{ caller() | trim }} then {{ finding('warning', error_type, "'" ~ path ~ "'", json_at(path, body),
            "'" ~ rule | replace("'", "''") ~ "'") }} end
{%- endmacro %}


{# The value at a path of a record, as it came. #}
{% macro json_at(path, body='body') -%} {{ body }} #> '{{ '{' ~ path | replace('.', ',') ~ '}' }}' {%- endmacro %}


{# Whether a path of a record has no value: it is not there, null, or blank. #}
{% macro has_no(path, body='body') -%}
    (coalesce(btrim({{ body }} #>> '{{ '{' ~ path | replace('.', ',') ~ '}' }}', {{ white_space() }}), '') = '')
{%- endmacro %}


{# The verdict on each record of `typed`, or of `ruled` where the model has rules of its own (rule_faults, #}
{# rule_remarks). A foreign record (R6) without any fault gets one for being foreign.                      #}
{% macro judged_records(relation='typed') -%}
{%- set faults = 'rule_faults' if relation == 'ruled' else "'{}'::jsonb[]" -%}
judged as (
    {% call computed_once() %}
    select
        {{ relation }}.*,
        case
            when conforms then {{ faults }}
            when stream is not null then array[{{ finding('error', 'invalid_value', "'stream'", 'to_jsonb(stream)',
                    "'the wrapper names another stream'") }}]
            when record is null
                then array[jsonb_build_object('severity', 'error', 'error_type', problem, 'rule', problem_detail)]
            when jsonb_typeof(record) <> 'object' then array[{{ finding('error', 'not_an_object', 'null', 'record',
                "'a record must be an object'") }}]
            when field_faults || {{ faults }} <> '{}' then field_faults || {{ faults }}
            when is_foreign then array[{{ finding('error', 'missing_value', 'null', 'record',
                    "'it has no other field of such a record'") }}]
            else '{}'
        end as faults,
        field_remarks || {{ 'rule_remarks' if relation == 'ruled' else "'{}'::jsonb[]" }} as remarks
    from {{ relation }}
    {%- endcall %}
),
{%- endmacro %}


{# The CTE that closes a base model, with the outcome of each content: accepted, quarantined, or foreign, which is #}
{# quarantined as no record of the entity (R6). The outcome does not depend on the rest of the batch:              #}
{# repeated_records tells which record of a key counts in a batch (R4), and which one repeats another (R17).       #}
{% macro concluded() -%}
concluded as (
    select
        judged.*,
        case when faults = '{}' then 'accepted' when is_foreign then 'foreign' else 'quarantined' end as outcome,
        case when faults <> '{}' then to_jsonb(faults) when remarks <> '{}' then to_jsonb(remarks) end as findings
    from judged
)
{%- endmacro %}
