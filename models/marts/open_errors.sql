{# One row per open error or warning, without the faulty value: what is wrong, where, and from which day. #}

{{ config(materialized='view') }}

with

days as (

    select distinct
        source,
        sync_date
    from {{ ref('base_batches') }}

),

found as (

    {% for errors, entity in error_tables().items() -%}
    select error_id, '{{ entity }}' as entity, severity, error_type, field, source, file, first_seen_at
    from {{ ref(errors) }}
    where resolved_at is null
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select
    found.error_id,
    found.entity,
    found.severity,
    found.error_type,
    found.field,
    found.source,
    days.sync_date,
    found.file,
    found.first_seen_at

from found

left join days
    on found.source = days.source
