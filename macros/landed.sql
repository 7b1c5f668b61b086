{# Contents and places. A record that comes again byte for byte lands once: raw keeps the content at its first place, #}
{# and raw.<entity>_repeats a narrow row per further place. base_<entity> types and judges contents; landed_<entity>  #}
{# says which batch lists which of them.                                                                              #}


{# The landed contents of an entity; on later builds those that landed first in changed batches. #}
{% macro landed_contents(entity) -%}
    select
        landed.file_id,
        landed.position,
        files.source,
        landed.record,
        -- What a wrapper says is of another stream has nothing of this entity, not even a key.
        case when landed.stream is null then coalesce(landed.record, landed.readable) end as body,
        landed.stream,
        landed.is_foreign,
        landed.problem,
        landed.problem_detail,
        coalesce(landed.declared = {{ declaration(entity) }}, false) as conforms

    from {{ source('raw', entity) }} as landed

    inner join {{ ref('base_content_files') }} as files
        on landed.file_id = files.file_id

    where files.entity = '{{ entity }}'
        -- Of a file that left the ledger what others name.
        and (
            not files.is_former
            or (landed.file_id, landed.position) in (
                select repeats.first_file_id, repeats.first_position
                from {{ source('repeats', entity) }} as repeats
                inner join {{ ref('base_loaded_files') }} as naming
                    on repeats.file_id = naming.file_id
                where repeats.first_file_id in (
                    select file_id from {{ ref('base_content_files') }}
                    where is_former
                )
            )
        )
        {%- if is_incremental() %}
        and files.source in ({{ changed_batches(entity) }})
        {%- endif %}
{%- endmacro %}


{# Where a landed record stands, where its content does, and the batch that lists it: the columns of landed_<entity> #}
{# beside those of the content.                                                                                      #}
{% macro place_columns(relation=none) -%}
    {%- set dot = relation ~ '.' if relation else '' -%}
    {{ dot }}file_id, {{ dot }}position, {{ dot }}content_file_id, {{ dot }}content_position,
    {{ dot }}source, {{ dot }}sync_date, {{ dot }}batch_order
{%- endmacro %}


{# The landed records of an entity: a row per place. Each branch joins by itself, so that a filter by batch or key #}
{# gets to its indexes. Of a key that has several accepted records in a batch one is staged, the others are        #}
{# duplicates (see repeated_records).                                                                              #}
{% macro landed_records(entity, more=[]) -%}
{%- for place in ['contents', 'repeats'] %}
select
    {{ place_of(place, 'contents') }},
    {% for column in columns_of(entity).split(',') %}contents.{{ column | trim }}, {% endfor %}
    {%- for column in more %}
    contents.{{ column }},
    {%- endfor %}
    case
        when repeated.rank > 1 then 'duplicate'
        when contents.outcome = 'accepted' then 'staged'
        else contents.outcome
    end as outcome,
    case
        when repeated.rank > 1 then coalesce(contents.findings, '[]') || repeated.findings
        else contents.findings
    end as findings,
    contents.findings as content_findings

from {{ ref('base_' ~ entity) }} as contents
{{ places(place, 'contents', entity) }}
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
{%- endmacro %}


{# Of them those that are staged: one per key and batch. Said in words that planners can count with. #}
{% macro staged_records(entity, more=[]) -%}
{%- for place in ['contents', 'repeats'] %}
select
    {% for column in columns_of(entity).split(',') %}contents.{{ column | trim }}, {% endfor %}
    {%- for column in more %}
    contents.{{ column }},
    {%- endfor %}
    {{ place_of(place, 'contents') }}

from {{ ref('base_' ~ entity) }} as contents
{{ places(place, 'contents', entity, 'repeated.rank > 1') }}

where contents.outcome = 'accepted'
    and repeated.file_id is null
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
{%- endmacro %}


{# The elements of the lists of landed records: a row per place of the list and element. The list of an exact #}
{# repetition counts for nothing.                                                                             #}
{% macro landed_elements(entity, elements, columns) -%}
{%- for place in ['elements', 'repeats'] %}
select
    {{ place_of(place, 'elements') }},
    elements.place,
    {%- for column in columns %}
    elements.{{ column }},
    {%- endfor %}
    case
        when elements.outcome <> 'accepted' then elements.outcome
        when repeated.rank > 1 then 'duplicate'
        else 'staged'
    end as outcome,
    elements.findings

from {{ elements }} as elements
{{ places(place, 'elements', entity) }}

where (repeated.rank > 1) is not true or repeated.findings is not null
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
{%- endmacro %}


{# Of them those that are staged. #}
{% macro staged_elements(entity, elements, columns) -%}
{%- for place in ['elements', 'repeats'] %}
select
    elements.place,
    {%- for column in columns %}
    elements.{{ column }},
    {%- endfor %}
    {{ place_of(place, 'elements') }}

from {{ elements }} as elements
{{ places(place, 'elements', entity, 'repeated.rank > 1') }}

where elements.outcome = 'accepted'
    and repeated.file_id is null
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
{%- endmacro %}


{# The place_columns of a branch. #}
{% macro place_of(place, content) -%}
    {{ place }}.file_id,
    {{ place }}.position,
    {{ content }}.file_id as content_file_id,
    {{ content }}.position as content_position,
    files.source,
    files.sync_date,
    files.batch_order
{%- endmacro %}


{# The joins of a branch of the two: from a content to its first place (`place` is the content then) or to those #}
{# where it was repeated.                                                                                        #}
{% macro places(place, content, entity, when=none) -%}
{%- if place == 'repeats' %}
inner join {{ source('repeats', entity) }} as repeats
    on {{ content }}.file_id = repeats.first_file_id
    and {{ content }}.position = repeats.first_position
{% endif %}
inner join {{ ref('base_loaded_files') }} as files
    on {{ place }}.file_id = files.file_id

left join {{ ref('repeated_records') }} as repeated
    on {{ place }}.file_id = repeated.file_id
    and {{ place }}.position = repeated.position
    {%- if when %}
    and {{ when }}
    {%- endif %}
{%- endmacro %}
