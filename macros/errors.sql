{# What the error tables share. An error that is found is open; one that a later build no longer finds is resolved, #}
{# and stays.                                                                                                       #}


{# The tables of errors: a mapping of each to the entity that it is about. #}
{% macro error_tables() -%}
    {%- set tables = {} -%}
    {%- for entity in entities() -%}
        {%- for table in var('entities')[entity].errors %}{% do tables.update({table: entity}) %}{% endfor -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}


{# The table of errors that says what is wrong with the records of an entity. #}
{% macro errors_of_records(entity) -%}
    {{ return(var('entities')[var('entities')[entity].extends or entity].errors[0]) }}
{%- endmacro %}


{# The landed records of an entity with findings: those whose content has some, and repetitions of a key in a batch. #}
{% macro noted_records(entity, key) -%}
    (
        select {{ key }}, {{ place_columns() }}, findings
        from {{ ref('landed_' ~ entity) }}
        where content_findings is not null
        union all
        select contents.{{ key }}, {{ place_columns('repeated') }}, repeated.findings
        from {{ ref('repeated_records') }} as repeated
        inner join {{ ref('base_' ~ entity) }} as contents
            on repeated.content_file_id = contents.file_id
            and repeated.content_position = contents.position
        where repeated.entity = '{{ entity }}'
            and repeated.findings is not null
            and contents.findings is null
    )
{%- endmacro %}


{# The findings of some records as errors, each with the record that it is about. `keys` are columns of the records. #}
{% macro findings_of(records, entity, keys, where='true', place='null::integer') -%}
    select
        {%- for key in keys %}
        {{ key if key is string else key[0] ~ ' as ' ~ key[1] }},
        {%- endfor %}
        found.finding ->> 'severity' as severity, found.finding ->> 'error_type' as error_type,
        found.finding ->> 'field' as field, found.finding -> 'value' as value, found.finding ->> 'rule' as rule,
        landed.record as raw_record, landed.raw_text,
        records.source, files.file, records.position, {{ place }} as place
    from {{ records }} as records
    cross join lateral jsonb_array_elements(records.findings) as found (finding)
    inner join {{ ref('base_files') }} as files
        on records.file_id = files.file_id
    {{ landed_record(entity) }}
    where records.findings is not null
        and {{ where }}
{%- endmacro %}


{# The landed record that `records` is about. limit 1 keeps the planner from reading all of landing for the few that  #}
{# failed. Citus supports no such lateral join: there the few records go to the shards of their own landing table, as #}
{# a union of all tables would bring every record to the coordinator.                                                 #}
{% macro landed_record(entity) -%}
    {%- if on_citus() -%}
    inner join raw.{{ entity }} as landed
        on records.content_file_id = landed.file_id
        and records.content_position = landed.position
    {%- else -%}
    cross join lateral (
        select contents.record, contents.raw_text from {{ ref('base_records') }} as contents
        where contents.entity = '{{ entity }}' and contents.file_id = records.content_file_id
            and contents.position = records.content_position
        limit 1
    ) as landed
    {%- endif -%}
{%- endmacro %}


{# One error about the record that stands at `records` (with its place_columns): a rule on relations between tables. #}
{% macro relation_error(records, entity, keys, severity, error_type, field, value, rule, place='null::integer') -%}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        '{{ severity }}' as severity, '{{ error_type }}' as error_type,
        '{{ field }}' as field, to_jsonb({{ value }}) as value, '{{ rule }}' as rule,
        landed.record as raw_record, landed.raw_text,
        records.source, files.file, records.position, {{ place }} as place
    from {{ records }} as records
    inner join {{ ref('base_files') }} as files
        on records.file_id = files.file_id
    {{ landed_record(entity) }}
{%- endmacro %}


{# The files of some entities that were refused whole. #}
{% macro refused_files(entities, keys) -%}
    select
        {%- for key, type in keys.items() %}
        null::{{ type }} as {{ key }},
        {%- endfor %}
        'error' as severity, 'refused_file' as error_type,
        null as field, null::jsonb as value, reason as rule,
        null::jsonb as raw_record, raw_text,
        source, file, null::integer as position, null::integer as place
    from {{ ref('base_files') }}
    where status = 'refused'
        and entity in ('{{ entities | join("', '") }}')
{%- endmacro %}


{# The dated batches that hold an entity but take no part in absence (R5). An entity that never had a record gets no #}
{# warning.                                                                                                          #}
{% macro incomplete_snapshots(entity, keys) -%}
    select
        {%- for key, type in keys.items() %}
        null::{{ type }} as {{ key }},
        {%- endfor %}
        'warning' as severity,
        'incomplete_snapshot' as error_type,
        null as field,
        null::jsonb as value,
        coalesce(
            shortfall,
            'it lists ' || listed || ' where ' || compared_with || ' listed ' || before
                || ', less than min_snapshot_ratio {{ var('min_snapshot_ratio') }}; '
                || 'build --accept-shrink takes it as it is'
        ) || ': {{ entity }} missing from it are not treated as removed' as rule,
        null::jsonb as raw_record, null as raw_text,
        source, null as file, null::integer as position, null::integer as place
    from {{ ref('snapshots') }}
    where entity = '{{ entity }}'
        and not takes_part
        and exists (select from {{ ref('base_files') }} where entity = '{{ entity }}' and records > 0)
{%- endmacro %}


{# The errors table, computed from `found`, a relation of what was found, and from the rows that it already has. #}
{% macro error_table(keys) -%}
{%- set columns = keys + [
    'severity', 'error_type', 'error_message', 'field', 'raw_record', 'raw_text', 'source', 'file', 'position',
] -%}
identified as (

    select
        md5(jsonb_build_array(
            error_type, field, source, file, position, place, value, {{ keys | join(', ') }}
        )::text)::uuid as error_id,
        found.*,
        coalesce(field || ' is ' || left(coalesce(value, 'null')::text, 200) || ': ', '') || rule as error_message
    from found

),

existing as (

    select * from {{ this }}

),

open_errors as (

    select
        identified.error_id,
        {%- for column in columns %}
        identified.{{ column }},
        {%- endfor %}
        coalesce(existing.first_seen_at, '{{ run_started_at }}'::timestamptz) as first_seen_at,
        null::timestamptz as resolved_at

    from identified

    left join existing
        on identified.error_id = existing.error_id

),

resolved_errors as (

    select
        existing.error_id,
        {%- for column in columns %}
        existing.{{ column }},
        {%- endfor %}
        existing.first_seen_at,
        coalesce(existing.resolved_at, '{{ run_started_at }}'::timestamptz) as resolved_at

    from existing

    left join identified
        on existing.error_id = identified.error_id

    where identified.error_id is null

)

select * from open_errors
union all
select * from resolved_errors
{%- endmacro %}
