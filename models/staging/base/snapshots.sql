{# One row per dated batch and entity whose absences could mean something, and whether they do (R5). #}

{# A batch can change its own row and those after it, which compare with it. The config says the same with and without the    #}
{# option (`execute` is false when it is read), or the option would be another definition of the model, which makes all anew. #}
{% set first_changed -%}
    (
        select min(batch_order) from (
            select batch_order from {{ ref('base_batches') }}
            where entity in ('agents', 'admin_groups')
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
        end as has_staged,

        case entity
            when 'agents' then (
                select count(distinct records.agent_id) from {{ ref('base_agents') }} as records
                where records.source = files.source
            )
            when 'admin_groups' then (
                select count(distinct records.group_id) from {{ ref('base_groups') }} as records
                where records.source = files.source
            )
        end as listed

    from files

    group by source, entity, sync_date, batch_order

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

    where judged.refused_files = 0
        and judged.has_staged

),

-- The last snapshot of the builds before, which the first of this one compares with.
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

    from (values ('agents'), ('admin_groups')) as entities (entity)

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
            select coalesce(complete.listed < compared.last_listed * {{ var('min_snapshot_ratio') }}::numeric, false) as is_shrunk
        ) as ratio
    ) as shrink

)

select
    judged.source,
    judged.entity,
    judged.sync_date,
    judged.batch_order,
    judged.refused_files,
    judged.has_staged,
    judged.listed,
    compared.compared_with,
    compared.before,
    coalesce(compared.is_shrunk, false) as is_shrunk,
    compared.source is not null and (compared.is_accepted or not compared.is_shrunk) as takes_part

from judged

left join compared
    on judged.source = compared.source
    and judged.entity = compared.entity
