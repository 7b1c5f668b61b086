{# One row per landed content of any entity, as the feed gave it. #}

{{ config(materialized='view') }}

{% for entity in entities() -%}
select
    '{{ entity }}' as entity,
    file_id,
    position,
    record,
    raw_text
from {{ source('raw', entity) }}
{%- if not loop.last %}

union all

{% endif %}
{%- endfor %}
