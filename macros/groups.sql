{# The lists of members that batches have for groups: R16 and R23. #}


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


{# What each batch says about the list of a group: full (a readable list), partial (with an unreadable element) or #}
{# unknown (no list). Only the accepted record of a batch has a list; a quarantined record is not an absence.      #}
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
