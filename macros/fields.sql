{# A base model lists its fields once, as [column, type, path] or [column, type, path, 'required']. These macros make of  #}
{# the list the look-ups, the typed columns, and the rules R11 to R14 as findings. A finding is what an error table says: #}
{# {severity, error_type, field, value, rule}. A fault quarantines its record, a remark does not.                         #}


{# The types that a field can have: how its JSON becomes a column, which JSON type it should be, and that in words. #}
{% macro field_types() -%}
    {{ return({
        'id':          {'convert': as_id,          'json': 'number',  'words': 'a whole number above 0'},
        'text_id':     {'convert': as_text_id,     'json': 'string',  'words': 'a text of up to 200 characters'},
        'reference':   {'convert': as_text_id,     'json': 'string',  'words': 'a text of up to 200 characters'},
        'text':        {'convert': as_text,        'json': 'string',  'words': 'a text'},
        'signature':   {'convert': as_signature,   'json': 'string',  'words': 'a text'},
        'bigint':      {'convert': as_bigint,      'json': 'number',  'words': 'a whole number'},
        'integer':     {'convert': as_integer,     'json': 'number',  'words': 'a whole number'},
        'minor_units': {'convert': as_numeric,     'json': 'string',  'words': 'a number as a string'},
        'numeric':     {'convert': as_numeric,     'json': 'number',  'words': 'a number'},
        'boolean':     {'convert': as_boolean,     'json': 'boolean', 'words': 'true or false'},
        'timestamptz': {'convert': as_timestamptz, 'json': 'string',  'words': 'a real date and time with a zone'},
        'date':        {'convert': as_date,        'json': 'string',  'words': 'a real date'},
        'object':      {'convert': as_object,      'json': 'object',  'words': 'an object'},
        'array':       {'convert': as_array,       'json': 'array',   'words': 'an array'},
        'list':        {'convert': as_array,       'json': 'array',   'words': 'an array'},
    }) }}
{%- endmacro %}


{# A SELECT whose columns the next steps use many times. The planner merges steps, and would compute each column again wherever it   #}
{# is used, but never merges one that has a WITH of its own. Filters still get through to it, and parallel workers may take part.     #}
{# Citus takes such a WITH away; an ORDER BY, here by a constant, holds the step apart there, but would keep parallel workers out.    #}
{% macro computed_once() -%}
    {{ 'with computed_once as (select 1)' if not on_citus() }}
    {{- caller() }}
    {%- if on_citus() %}
    order by coalesce(1)
    {%- endif %}
{%- endmacro %}


{# How a step that is read twice is written: copied to where it is read, so that filters get through to it. Citus takes the copies for one table. #}
{% macro copied() -%} {{ 'materialized' if on_citus() else 'not materialized' }} {%- endmacro %}

{# The same where Citus never sees two copies together, as one of the steps that read them is materialized there. #}
{% macro copied_apart() -%} not materialized /* apart */ {%- endmacro %}


{# Steps that open a base model: the landed records, each path looked up once, its type and text, and the typed columns. `resent` are #}
{# the columns of a model whose source sends records again as they were: what is known of these is kept for judged_records().       #}
{% macro typed_records(entity, fields, resent=none) -%}
records as (

    {{ landed_records(entity) }}

),

landed as{{ ' not materialized' if resent and copies_known() }} (

    select
        records.*,
        repeated.file_id is not null as is_repeated

    from records

    left join {{ ref('repeated_records') }} as repeated
        on records.file_id = repeated.file_id
        and records.position = repeated.position

),

{% if resent and copies_known() -%}
{{ known_records(entity, resent) }},

{% endif -%}
unpacked as (

    {% call computed_once() %}
    select
        landed.*,
        {{ unpack(fields) }}
    from landed
    {%- if resent and copies_known() %}
    left join known
        on landed.file_id = known.file_id
        and landed.position = known.position
    where known.file_id is null
    {%- endif %}
    {%- endcall %}

),

{{ typed_values('unpacked', fields) }}
{%- endmacro %}


{# Whether records are looked for that were judged before: on later builds. On Citus landing lies in shards, and the look would cost more. #}
{% macro copies_known() -%} {{ return(is_incremental() and not on_citus()) }} {%- endmacro %}


{# Records that are, to the byte of jsonb, the accepted record of the same id in the newest batch that has not changed: most of what a  #}
{# feed sends again. What they say was judged there, by the same rules, or this would be no incremental build. A record whose key       #}
{# repeats in its batch is ranked with the others, and so is not among them.                                                            #}
{% macro known_records(entity, fields) -%}
known as materialized (

    select
        {% for column in place_columns().split(', ') -%}
        landed.{{ column }},
        {% endfor -%}
        {% for field in fields -%}
        judged.{{ field[0] }},
        {% endfor -%}
        judged.outcome,
        judged.findings

    from {{ ref('base_files') }} as files

    inner join {{ source('raw', entity) }} as judged_record
        on files.file_id = judged_record.file_id

    inner join {{ this }} as judged
        on judged_record.file_id = judged.file_id
        and judged_record.position = judged.position

    inner join landed
        on judged.{{ fields[0][0] }} = {{ plain_key(fields[0][1]) }}
        and record_image_eq(row(judged_record.record), row(landed.record))
        and landed.stream is null

    where files.entity = '{{ entity }}'
        and files.source = {{ newest_unchanged_batch(entity) }}
        and judged.source = {{ newest_unchanged_batch(entity) }}
        and judged.outcome = 'staged'
        and not landed.is_repeated

)
{%- endmacro %}


{# The key of a landed record as it mostly comes, for a look-up; null where it is written otherwise. #}
{% macro plain_key(type) -%}
    {%- if type == 'id' -%}
    case when landed.record ->> 'id' ~ '^[1-9][0-9]{0,17}$' then (landed.record ->> 'id')::bigint end
    {%- else -%}
    landed.record ->> 'id'
    {%- endif -%}
{%- endmacro %}


{# Ends a base model: the typed columns and the verdict of each record, those of known ones as they were found before. #}
{% macro judged_records(fields) -%}
select
    {{ place_columns() }},
    {{ columns_of(fields) }},
    outcome,
    findings
from concluded

{%- if copies_known() %}

union all

select * from known

-- In the order of the index by key, which then takes the rows page by page.
order by {{ fields[0][0] }}
{%- endif %}
{%- endmacro %}


{# The last two of these steps, for any relation with the columns json_<column>. #}
{% macro typed_values(relation, fields) -%}
described as (

    {% call computed_once() %}
    select
        {{ relation }}.*,
        {{ described(fields) }}
    from {{ relation }}
    {%- endcall %}

),

typed as (

    {% call computed_once() %}
    select
        described.*,
        {{ typed(fields) }}
    from described
    {%- endcall %}

)
{%- endmacro %}


{# Each path looked up once, as json_<column>. #}
{% macro unpack(fields, body='body') -%}
    {%- for field in fields %}
        {{ body }}{% for key in field[2].split('.') %} -> '{{ key }}'{% endfor %} as json_{{ field[0] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# Of each path its JSON type, and the trimmed text of a string or number, null when empty. #}
{% macro described(fields) -%}
    {%- for field in fields %}
        jsonb_typeof(json_{{ field[0] }}) as type_{{ field[0] }},
        case when jsonb_typeof(json_{{ field[0] }}) in ('string', 'number')
            then nullif(btrim(json_{{ field[0] }} #>> '{}', {{ white_space() }}), '')
        end as text_{{ field[0] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The typed columns. #}
{% macro typed(fields) -%}
    {%- for field in fields %}
        {{ field_types()[field[1]].convert(field[0]) }} as {{ field[0] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The names of the columns, a line each. #}
{% macro columns_of(fields) -%}
    {%- for field in fields %}
        {{ field[0] }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The columns that say where a record landed, and the batch that it came in. #}
{% macro place_columns() -%}
    file_id, position, source, sync_date, batch_order
{%- endmacro %}


{# One finding. `value` is an expression of type jsonb, the rest are words. #}
{% macro finding(severity, error_type, field, value, rule) -%}
    jsonb_build_object(
        'severity', '{{ severity }}', 'error_type', '{{ error_type }}',
        'field', {{ "'" ~ field ~ "'" if field else 'null' }}, 'value', {{ value }}, 'rule', '{{ rule | replace("'", "''") }}'
    )
{%- endmacro %}


{# A fault where a required field is missing (R14) or does not convert (R13). #}
{% macro required(field) -%}
    {%- set column, type, path, json = field[0], field[1], field[2], 'json_' ~ field[0] -%}
    case when {{ column }} is null then
        case when {{ is_absent(column) }}
            {%- if type in ['id', 'text_id'] %}
            then {{ finding('error', 'missing_key', path, json, 'every record needs its key') }}
            else {{ finding('error', 'invalid_key', path, json, 'must be ' ~ field_types()[type].words) }}
            {%- else %}
            then {{ finding('error', 'missing_value', path, json, 'required') }}
            {%- if field_types()[type].convert in [as_numeric, as_bigint, as_integer] %}
            when {{ is_too_large(field) }}
            then {{ finding('error', 'invalid_value', path, json, 'is too large') }}
            {%- endif %}
            else {{ finding('error', 'invalid_value', path, json, 'required, must be ' ~ field_types()[type].words) }}
            {%- endif %}
        end
    end
{%- endmacro %}


{# Whether a value that did not convert is a number all the same: too large, and for a whole number not one with a fraction. #}
{% macro is_too_large(field) -%}
    (
        text_{{ field[0] }} ~ '^-?[0-9]+(?:[.][0-9]+)?(?:[eE][+]?[0-9]+)?$'
        {%- if field_types()[field[1]].convert in [as_bigint, as_integer] %} and text_{{ field[0] }} not like '%.%'{% endif -%}
    )
{%- endmacro %}


{# A remark where a value was converted from another type (R12), or did not convert and became null (R13, R16). #}
{% macro remark(field) -%}
    {%- set column, type, path, json = field[0], field[1], field[2], 'json_' ~ field[0] -%}
    {%- set kind = field_types()[type] -%}
    {%- if field | length > 3 and kind.json in ['object', 'array'] -%} null {%- else -%}
    case
        {%- if type == 'list' %}
        when {{ column }} is null then
            case when {{ json }} is not null
                then {{ finding('error', 'invalid_value', path, json, 'must be an array: the list is unknown') }}
            end
        {%- elif field | length < 4 %}
        when {{ column }} is null then
            case
                {%- if kind.convert in [as_numeric, as_bigint, as_integer] %}
                when {{ is_too_large(field) }}
                    then {{ finding('warning', 'invalid_value', path, json, 'is too large: kept as null') }}
                {%- endif %}
                when not {{ is_absent(column) }}
                    then {{ finding('warning', 'invalid_value', path, json, 'must be ' ~ kind.words ~ ': kept as null') }}
            end
        {%- endif %}
        {%- if kind.json in ['string', 'number', 'boolean'] %}
        when {{ column }} is not null and (
            type_{{ column }} <> '{{ kind.json }}'
            {%- if type in ['bigint', 'integer'] %} or text_{{ column }} like '%.%'{% endif -%}
        )
            then {{ finding('warning', 'coerced_value', path, json, 'should be ' ~ kind.words ~ ': converted') }}
        {%- endif %}
    end
    {%- endif %}
{%- endmacro %}


{# The faults and the remarks of each record, as arrays of findings: those of its fields, and the model's own. A record that is foreign #}
{# (R6) and lacks nothing is refused for what it is.                                                                                    #}
{% macro judged(fields, faults=[], remarks=[]) -%}
    case
        when stream is not null
            then array[{{ finding('error', 'invalid_value', 'stream', 'to_jsonb(stream)', 'the wrapper names another stream') }}]
        when record is null
            then array[jsonb_build_object('severity', 'error', 'error_type', problem, 'rule', problem_detail)]
        when jsonb_typeof(record) <> 'object'
            then array[{{ finding('error', 'not_an_object', none, 'record', 'a record must be an object') }}]
        else coalesce(
            nullif(array_remove(array[
                {%- for field in fields if field | length > 3 %}
                {{ required(field) }},
                {%- endfor %}
                {%- for fault in faults %}
                {{ fault }},
                {%- endfor %}
                null
            ]::jsonb[], null), '{}'),
            case when is_foreign
                then array[{{ finding('error', 'missing_value', none, 'record', 'it has no other field of such a record') }}]
                else '{}'
            end
        )
    end as faults,

    array_remove(array[
        {%- for field in fields %}
        {{ remark(field) }},
        {%- endfor %}
        {%- for remark in remarks %}
        {{ remark }},
        {%- endfor %}
        null
    ]::jsonb[], null) as remarks
{%- endmacro %}


{# The steps that close a base model. Of the accepted records of a key in a batch the best ranked is staged (R4), the others are #}
{# duplicates; each of their different contents is reported once (R17), and equal content is only counted. `newest` is the       #}
{# column that ranks first, null for none. Contents are compared by the hash of jsonb. Nearly all keys come once in a batch, and  #}
{# those records need no sort: the step `judged` is to be `copied_apart()`, so that only the repeated ones are judged for it.     #}
{% macro concluded(key, newest='updated_at') -%}
ranked as {{ copied() }} (

    select
        file_id,
        position,
        rank,
        row_number() over (partition by source, {{ key }}, is_accepted, content order by rank) as time_met

    from (
        select
            file_id,
            position,
            source,
            {{ key }},
            faults = '{}' as is_accepted,
            case when faults = '{}' then jsonb_hash_extended(record, 0) end as content,
            row_number() over (
                partition by source, {{ key }}, faults = '{}'
                order by {{ newest ~ ' desc nulls last, ' if newest }}file_order desc, position desc
            ) as rank
        from judged
        where is_repeated
    ) as repeated

),

concluded as (

    select
        judged.*,

        case when faults <> '{}' then 'quarantined' when rank > 1 then 'duplicate' else 'staged' end as outcome,

        case
            when faults <> '{}' then to_jsonb(faults)
            when rank > 1 then case when time_met = 1 then to_jsonb(remarks || {{
                finding('warning', 'duplicate_in_batch', none, 'to_jsonb(' ~ key ~ ')', 'another record of this key in the batch is kept')
            }}) end
            when remarks <> '{}' then to_jsonb(remarks)
        end as findings

    from judged

    left join ranked
        on judged.file_id = ranked.file_id
        and judged.position = ranked.position

)
{%- endmacro %}
