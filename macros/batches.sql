{# Batches and time: R1 to R4. #}


{# The day in the name of a batch: the first real date in it, else …dayN counted from first_sync_date, else none. A   #}
{# date is eight digits (20260105), or has one of the separators - _ . twice (2026.1.5); a time may follow after T or #}
{# _. With more digits before or after it, it is not a date.                                                          #}
{% macro sync_date_in_name(name) -%}
    coalesce(
        (
            select day
            from (
                select
                    number,
                    case when written ~ '{{ date_grammar() }}'
                        then case when {{ is_real_day('written') }} then written::date end
                    end as day
                from regexp_matches(
                    {{ name }},
                    '(?<![0-9])((?:199|20[0-9])[0-9])(?:'
                    '([-_.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12][0-9]|3[01])|(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])'
                    ')(?![0-9])',
                    'g'
                ) with ordinality as matches (part, number)
                cross join lateral (
                    select concat_ws(
                        '-', part[1], lpad(coalesce(part[3], part[5]), 2, '0'), lpad(coalesce(part[4], part[6]), 2, '0')
                    ) as written
                ) as forms
            ) as days
            where day is not null
            order by number
            limit 1
        ),
        '{{ var('first_sync_date') }}'::date - 1 + substring({{ name }} from 'day([0-9]{1,5})$')::integer
    )
{%- endmacro %}


{# The batches of an entity that were added, corrected or pruned since this model was last published. A build lists  #}
{# them by name: the planner then knows how few records they hold, where with a subquery it might expect the largest #}
{# batch.                                                                                                            #}
{% macro changed_batches(entities) -%}
    {%- set changed -%}
    select source
    from {{ ref('base_batches') }}
    where entity in ('{{ ([entities] if entities is string else entities) | join("', '") }}')
        and changed_in > {{ last_built() }}
    {%- endset -%}
    {{ listed(changed) }}
{%- endmacro %}


{# Whether a row is of a batch and entity that changed since this model was last published. #}
{% macro is_of_changed_batch() -%}
    (source, entity) in (
        select source, entity from {{ ref('base_batches') }}
        where changed_in > {{ last_built() }}
    )
{%- endmacro %}


{# A condition that only an increment needs, where the planner does not push the one of incremental_by down: it #}
{# avoids reading rows that have not changed. Elsewhere it is true, and the query computes the whole table.     #}
{% macro in_increments(condition) -%}
    {{ '(' ~ condition ~ ')' if is_incremental() else 'true' }}
{%- endmacro %}


{# The operand of IN: in a build the values of the query's only column, for the planner; elsewhere the query. #}
{% macro listed(query) -%}
    {%- if execute and is_incremental() -%}
    {%- set literals = "select distinct quote_literal(value) from (" ~ query ~ ") as found (value) order by 1" -%}
    {%- set found = run_query(literals) -%}
    {{ found.columns[0].values() | join(', ') or 'null' }}
    {%- else -%}
    {{ query }}
    {%- endif -%}
{%- endmacro %}


{# The first day for which batches of some entities changed since this model was last published: rows of earlier days #}
{# are unchanged. Null when none changed; '-infinity' when an undated one did, as it ranks before all days. A literal #}
{# in a build, for the planner.                                                                                       #}
{% macro first_changed_day(entities) -%}
    {%- set first -%}
    select min(coalesce(sync_date, '-infinity'))
    from {{ ref('base_batches') }}
    where entity in ('{{ entities | join("', '") }}')
        and changed_in > {{ last_built() }}
    {%- endset -%}
    {%- if execute and is_incremental() -%}
    {{ run_query("select quote_nullable((" ~ first ~ ")::text) as day").columns[0].values()[0] }}::date
    {%- else -%}
    ({{ first }})
    {%- endif -%}
{%- endmacro %}


{# The entities whose dated batches each hold all records, so that absence from one can mean something (R5). #}
{% macro snapshot_entities() -%}
    {%- set found = [] -%}
    {%- for entity in entities() if var('entities')[entity].snapshot -%}{%- do found.append(entity) -%}{%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{# CTEs that end in `present`: the keys that the latest snapshot of an entity lists, in an accepted record or in a #}
{# quarantined one, as a quarantined record is not an absence (R5).                                                #}
{% macro listed_now(entity, key) -%}
latest_snapshot as (

    select source from {{ ref('snapshots') }}
    where entity = '{{ entity }}' and takes_part
    order by batch_order desc
    limit 1

),

present as (

    select distinct {{ key }}
    from {{ ref('landed_' ~ entity) }}
    where source = (select source from latest_snapshot)
        and {{ key }} is not null

)
{%- endmacro %}


{# Whether a row that was joined with `present` is listed; without any snapshot every row is. #}
{% macro is_listed(key) -%}
    (present.{{ key }} is not null or not exists (select from latest_snapshot))
{%- endmacro %}


{# --accept-shrink: snapshots that list far fewer than the one before take part in absence (R5). #}
{% macro accepts_shrinks() -%}
    {{ return(flags.ACCEPT_SHRINK | default(false)) }}
{%- endmacro %}


{# With --accept-shrink: remembers the snapshots that the guard would have held back. The models that follow see #}
{# their batches as changed.                                                                                     #}
{% macro remember_accepted_shrinks() -%}
    {%- if accepts_shrinks() -%}
    with accepted as (
        insert into {{ source('ops', 'accepted_shrinks') }} (batch, entity, before, listed)
        select source, entity, before, listed
        from {{ this }}
        where is_shrunk and takes_part
        on conflict do nothing
        returning batch, entity
    )
    update ops.batches
    set changed_in = nextval('ops.landing_seq')
    from accepted
    where batches.batch = accepted.batch
        and batches.entity = accepted.entity
    {%- endif -%}
{%- endmacro %}
