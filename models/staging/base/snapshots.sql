{# One row per dated batch and entity whose absences could mean something, and whether they do (R5). #}

{# A batch can change its own row and later ones, which compare with it. The config has the same text with and       #}
{# without --accept-shrink (`execute` is false when it is read): otherwise the option would change the definition of #}
{# the model and rebuild everything.                                                                                 #}
{% set in_snapshots -%} entity in ('{{ snapshot_entities() | join("', '") }}') {%- endset %}

{% set first_changed -%}
    (
        select min(batch_order) from (
            select batch_order from {{ ref('base_batches') }}
            where {{ in_snapshots }}
                and sync_date is not null
                and changed_in > {{ last_built() }}
            {%- if execute and accepts_shrinks() %}
            union all
            select batch_order from {{ this }}
            where is_shrunk and not takes_part
            {%- endif %}
        ) as changed
    )
{%- endset %}

{# Names for the planner, which would read the records of all batches for the few of an increment. #}
{% set sources -%}
    {{ listed(
        "select source from " ~ ref('base_batches') ~ " where sync_date is not null and batch_order >= " ~ first_changed
    ) }}
{%- endset %}

{{ config(
    unique_key=['source', 'entity'],
    incremental_predicates=['batch_order >= ' ~ first_changed],
    post_hook='{{ remember_accepted_shrinks() }}',
) }}

with recursive

files as (

    select * from {{ ref('base_files') }}
    where {{ in_snapshots }}
        and sync_date is not null
        and {{ in_increments('batch_order >= ' ~ first_changed) }}

),

-- From the records: how many keys are listed, whether a record was accepted, and how many files hold a record with a
-- key.
listed as (

    {% for entity in snapshot_entities() -%}
    {%- set key = fields_of(entity).keys() | first -%}
    select
        '{{ entity }}' as entity,
        records.source,
        count(distinct records.{{ key }}) as listed,
        bool_or(records.outcome = 'staged') as has_staged,
        count(distinct records.file_id) filter (where records.{{ key }} is not null) as files_with_key
    from {{ ref('landed_' ~ entity) }} as records
    where records.source in (select source from files where entity = '{{ entity }}')
        and {{ in_increments('records.source in (' ~ sources ~ ')') }}
    group by records.source
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

batches as (

    select
        source,
        entity,
        sync_date,
        batch_order,
        count(*) filter (where status = 'refused') as refused_files,
        count(*) filter (where records > 0) as files_with_records,
        sum(foreign_records) as foreign_records,
        min(file || ' ' || shortfall) filter (where shortfall is not null) as shortfall,
        (array_agg(has_next_page order by file_order desc))[1] as has_next_page,
        (array_agg(file order by file_order desc))[1] as last_file
    from files
    group by source, entity, sync_date, batch_order

),

-- The marker that the extraction of the batch left, if it did.
marked as (

    select
        batches.source,
        batches.entity,
        markers.reason,
        entities.marker,
        (
            select min(page.file ->> 'path')
            from jsonb_path_query(entities.marker, '$.files[*]') as page (file)
            left join {{ ref('base_files') }} as landed
                on landed.file = batches.source || '/' || (page.file ->> 'path')
                and landed.status = 'loaded'
                and landed.sha256 = page.file ->> 'sha256'
            where landed.file is null
        ) as missing_file

    from batches

    inner join {{ source('ops', 'markers') }} as markers
        on batches.source = markers.batch

    left join lateral jsonb_each(markers.marker -> 'entities') as entities (entity, marker)
        on batches.entity = entities.entity

),

judged as (

    select
        batches.source,
        batches.entity,
        batches.sync_date,
        batches.batch_order,
        coalesce(listed.listed, 0) as listed,

        -- The first reason why records may be missing; null without any.
        case
            when batches.refused_files = 1 then 'one of its files was refused'
            when batches.refused_files > 0 then batches.refused_files || ' of its files were refused'
            when marked.reason is not null then 'its marker _COMPLETE cannot be used: ' || marked.reason
            when marked.marker is not null and marked.marker -> 'complete' is distinct from 'true'
                then 'its marker _COMPLETE says that it is incomplete'
            when marked.missing_file is not null
                then 'its marker _COMPLETE names ' || marked.missing_file || ', which is missing or another'
            when batches.shortfall is not null then batches.shortfall
            when batches.foreign_records > 0 then batches.foreign_records
                || case batches.foreign_records when 1 then ' of its records belongs' else ' of its records belong' end
                || ' elsewhere'
            when batches.files_with_records > coalesce(listed.files_with_key, 0)
                then 'a file of it holds no record with a readable key'
            when not coalesce(listed.has_staged, false) then 'no record of it was accepted'
            when batches.has_next_page and marked.marker is null
                then batches.last_file || ' names a next page, which is not there'
        end as shortfall

    from batches

    left join listed
        on batches.source = listed.source
        and batches.entity = listed.entity

    left join marked
        on batches.source = marked.source
        and batches.entity = marked.entity

),

complete as (

    select
        judged.source,
        judged.entity,
        judged.listed,
        row_number() over (partition by judged.entity order by judged.batch_order) as number,
        accepted.batch is not null or {{ accepts_shrinks() }} as is_accepted

    from judged

    left join {{ source('ops', 'accepted_shrinks') }} as accepted
        on judged.source = accepted.batch
        and judged.entity = accepted.entity

    where judged.shortfall is null

),

-- The last snapshot before this build, which the first one of this build compares with.
earlier as (

    {% if is_incremental() -%}
    select distinct on (entity)
        entity,
        source,
        listed
    from {{ this }}
    where takes_part
        and batch_order < {{ first_changed }}
    order by entity, batch_order desc
    {%- else -%}
    select null as entity, null as source, null::bigint as listed
    where false
    {%- endif %}

),

-- Each complete snapshot compares with the last one before it that takes part.
compared as (

    select
        entities.entity,
        0::bigint as number,
        null as source,
        earlier.source as last_source,
        earlier.listed as last_listed,
        null as compared_with,
        null::bigint as before,
        false as is_shrunk,
        false as is_accepted

    from (
        values {% for entity in snapshot_entities() %}('{{ entity }}'){{ ', ' if not loop.last }}{% endfor %}
    ) as entities (entity)

    left join earlier
        on entities.entity = earlier.entity

    union all

    select
        complete.entity,
        complete.number,
        complete.source,
        case when shrink.takes_part then complete.source else compared.last_source end as last_source,
        case when shrink.takes_part then complete.listed else compared.last_listed end as last_listed,
        compared.last_source as compared_with,
        compared.last_listed as before,
        shrink.is_shrunk,
        complete.is_accepted

    from compared

    inner join complete
        on compared.entity = complete.entity
        and complete.number = compared.number + 1

    cross join lateral (
        select
            is_shrunk,
            complete.is_accepted or not is_shrunk as takes_part
        from (
            -- Batches of other entities may well list half: nothing of these entities is made inactive.
            select complete.entity in ('agents', 'admin_groups') and coalesce(
                complete.listed < compared.last_listed * {{ var('min_snapshot_ratio') }}::numeric, false
            ) as is_shrunk
        ) as ratio
    ) as shrink

)

select
    judged.source,
    judged.entity,
    judged.sync_date,
    judged.batch_order,
    judged.listed,
    judged.shortfall,
    compared.compared_with,
    compared.before,
    coalesce(compared.is_shrunk, false) as is_shrunk,
    compared.source is not null and (compared.is_accepted or not compared.is_shrunk) as takes_part

from judged

left join compared
    on judged.source = compared.source
    and judged.entity = compared.entity
