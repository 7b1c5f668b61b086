{# One row per batch that ever landed: the day it stands for (R2) and its place in the order of batches (R4). #}

{# A table, unlike the views on it, so that names are parsed only once and the planner knows how few batches there #}
{# are.                                                                                                            #}
{{ config(unique_key='source') }}

with

batches as (

    select distinct batch, natural_order from {{ source('ops', 'batches') }}

),

sync_batches as (

    select * from {{ ref('sync_batches') }}

),

dated as (

    select
        batches.batch as source,
        batches.natural_order,

        -- The seed takes precedence, also when it says that a batch has no date.
        case
            when sync_batches.batch is not null then sync_batches.sync_date
            else {{ sync_date_in_name('batches.batch') }}
        end as sync_date

    from batches

    left join sync_batches
        on batches.batch = sync_batches.batch

)

select
    source,
    sync_date,

    -- Undated before dated, then by day, then by name; a text, so that it never changes when other batches come.
    (coalesce(to_char(sync_date, 'YYYY-MM-DD'), '') || ' ' || natural_order || ' ' || source)
        collate "C" as batch_order
from dated
