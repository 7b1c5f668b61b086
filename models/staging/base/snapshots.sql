{# One row per dated batch and entity whose absences could mean something, and whether they do (R5). #}

{# A batch can change its own row and those after it, which compare with it. #}
{% set first_changed -%}
    (
        select min(batch_order) from (
            select batch_order from {{ ref('base_batches') }}
            where entity in ('agents', 'admin_groups')
                and sync_date is not null
                and changed_in > {{ last_built() }}
            {%- if flags.ACCEPT_SHRINK %}
            union all
            select batch_order from {{ this }}
            where is_shrunk and not takes_part
            {%- endif %}
        ) as changed
    )
{%- endset %}

{{ config(
    unique_key=['source', 'entity'],
    incremental_predicates=['batch_order >= ' ~ first_changed],
    post_hook='{{ remember_accepted_shrinks() }}',
) }}

with recursive

files as (

    select * from {{ ref('base_files') }}
    where entity in ('agents', 'admin_groups')
        and sync_date is not null
    {%- if is_incremental() %}
        and batch_order >= {{ first_changed }}
    {%- endif %}

),

keys as not materialized (

    select distinct 'agents' as entity, source, agent_id as key
    from {{ ref('base_agents') }}
    where agent_id is not null

    union all

    select distinct 'admin_groups' as entity, source, group_id as key
    from {{ ref('base_groups') }}
    where group_id is not null

),

judged as (

    select
        source,
        entity,
        sync_date,
        batch_order,
        count(*) filter (where status = 'refused') as refused_files,

        case entity
            when 'agents' then exists (
                select from {{ ref('base_agents') }} as records
                where records.source = files.source and records.outcome = 'staged'
            )
            when 'admin_groups' then exists (
                select from {{ ref('base_groups') }} as records
                where records.source = files.source and records.outcome = 'staged'
            )
        end as has_staged

    from files

    group by source, entity, sync_date, batch_order

),

complete as (

    select
        judged.source,
        judged.entity,
        row_number() over (partition by judged.entity order by judged.batch_order) as number,
        accepted.batch is not null or {{ flags.ACCEPT_SHRINK }} as is_accepted

    from judged

    left join {{ source('ops', 'accepted_shrinks') }} as accepted
        on judged.source = accepted.batch
        and judged.entity = accepted.entity

    where judged.refused_files = 0
        and judged.has_staged

),

-- Each complete snapshot compares with the last one before it that takes part: the first of this build with one of a build before.
compared as (

    select
        entities.entity,
        0::bigint as number,
        null as source,
        {% if is_incremental() -%}
        (
            select earlier.source from {{ this }} as earlier
            where earlier.entity = entities.entity
                and earlier.takes_part
                and earlier.batch_order < {{ first_changed }}
            order by earlier.batch_order desc
            limit 1
        )
        {%- else -%}
        null
        {%- endif %} as last_source,
        null as compared_with,
        null::bigint as before,
        null::bigint as still_listed,
        false as is_shrunk,
        false as is_accepted
    from (values ('agents'), ('admin_groups')) as entities (entity)

    union all

    select
        complete.entity,
        complete.number,
        complete.source,
        case when complete.is_accepted or not shrink.is_shrunk then complete.source else compared.last_source end as last_source,
        compared.last_source as compared_with,
        shrink.before,
        shrink.still_listed,
        shrink.is_shrunk,
        complete.is_accepted

    from compared

    inner join complete
        on compared.entity = complete.entity
        and complete.number = compared.number + 1

    cross join lateral (
        select
            count(*) as before,
            count(now_listed.key) as still_listed,
            count(now_listed.key) < count(*) * {{ var('min_snapshot_ratio') }}::numeric as is_shrunk
        from keys as listed_before
        left join keys as now_listed
            on now_listed.entity = complete.entity
            and now_listed.source = complete.source
            and now_listed.key = listed_before.key
        where listed_before.entity = complete.entity
            and listed_before.source = compared.last_source
    ) as shrink

)

select
    judged.source,
    judged.entity,
    judged.sync_date,
    judged.batch_order,
    judged.refused_files,
    judged.has_staged,
    compared.compared_with,
    compared.before,
    compared.still_listed,
    coalesce(compared.is_shrunk, false) as is_shrunk,
    compared.source is not null and (compared.is_accepted or not compared.is_shrunk) as takes_part

from judged

left join compared
    on judged.source = compared.source
    and judged.entity = compared.entity
