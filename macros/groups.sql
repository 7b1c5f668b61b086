{# What the batches say of the members of groups: R16 and R23. #}


{# Whether the list of a record of landed_admin_groups has an element that cannot be read. #}
{% macro has_unreadable_element(records) -%}
    exists (
        select from {{ ref('base_group_membership') }} as unreadable
        where unreadable.file_id = {{ records }}.content_file_id
            and unreadable.position = {{ records }}.content_position
            and unreadable.findings is not null
            and unreadable.outcome = 'quarantined'
    )
{%- endmacro %}


{# What each batch says of the list of a group: full (a readable list), partial (with an unreadable element) or #}
{# unknown (no list). The accepted record of a batch says it; a quarantined one is no absence.                  #}
{% macro lists_of_groups(records) -%}
    select distinct on (records.group_id, records.source)
        records.group_id,
        records.source,
        records.sync_date,
        records.batch_order,
        case
            when records.outcome <> 'staged' or records.agent_ids is null then 'unknown'
            when {{ has_unreadable_element('records') }} then 'partial'
            else 'full'
        end as kind
    from {{ records }} as records
    order by records.group_id, records.source, records.outcome = 'staged' desc
{%- endmacro %}


{# Steps that end in `listings`: one row per group of a relation and batch in which it could show. `kind`: full (a #}
{# readable list), partial (with an unreadable element), unknown (no list), absent.                                #}
{% macro group_listings(groups) -%}
records as (

    select * from {{ ref('landed_admin_groups') }}
    where group_id in (select group_id from {{ groups }})
        and is_foreign is not true

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

listed as (

    {{ lists_of_groups('records') }}

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

),

listings as (

    select * from listed
    union all
    select * from absent

)
{%- endmacro %}
