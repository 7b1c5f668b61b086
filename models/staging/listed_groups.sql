{# One row per group in the latest groups snapshot; every known group when no snapshot takes part in absence (R5). #}

with

latest_snapshot as (

    select source from {{ ref('snapshots') }}
    where entity = 'admin_groups' and takes_part
    order by batch_order desc
    limit 1

)

select group_id from {{ ref('landed_admin_groups') }}
where group_id is not null
    and source = (select source from latest_snapshot)

union

select group_id from {{ ref('landed_admin_groups') }}
where group_id is not null
    and not exists (select from latest_snapshot)
