{# One row per group and batch in which it could show: what the batch says of its members.                 #}
{# `kind`: full (a readable list), partial (with an unreadable element), unknown (no list), absent (R16, R23). #}

{{ config(materialized='ephemeral') }}

with

records as (

    select * from {{ ref('base_groups') }}
    where group_id is not null

),

unreadable as (

    select distinct file_id, position
    from {{ ref('base_group_membership') }}
    where outcome = 'quarantined'

),

snapshots as (

    select * from {{ ref('snapshots') }}
    where entity = 'admin_groups' and takes_part

),

known as (

    select
        group_id,
        min(batch_order) as first_batch_order
    from records
    group by group_id

),

-- The accepted record of a batch says what the list is; a quarantined one is no absence.
listed as (

    select distinct on (records.group_id, records.source)
        records.group_id,
        records.source,
        records.sync_date,
        records.batch_order,
        case
            when records.outcome <> 'staged' or records.agent_ids is null then 'unknown'
            when unreadable.file_id is not null then 'partial'
            else 'full'
        end as kind

    from records

    left join unreadable
        on records.file_id = unreadable.file_id
        and records.position = unreadable.position

    order by records.group_id, records.source, records.outcome = 'staged' desc

),

absent as (

    select
        known.group_id,
        snapshots.source,
        snapshots.sync_date,
        snapshots.batch_order,
        'absent' as kind

    from snapshots

    inner join known
        on known.first_batch_order < snapshots.batch_order

    left join listed
        on known.group_id = listed.group_id
        and snapshots.source = listed.source

    where listed.group_id is null

)

select * from listed
union all
select * from absent
