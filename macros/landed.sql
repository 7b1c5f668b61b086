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
        and {{ in_increments('files.source in (' ~ changed_batches(entity) ~ ')') }}
{%- endmacro %}


{# Where a landed record stands, where its content does, and the batch that lists it: the columns of landed_<entity> #}
{# beside those of the content.                                                                                      #}
{% macro place_columns(relation=none) -%}
    {%- set dot = relation ~ '.' if relation else '' -%}
    {{ dot }}file_id, {{ dot }}position, {{ dot }}content_file_id, {{ dot }}content_position,
    {{ dot }}source, {{ dot }}sync_date, {{ dot }}batch_order
{%- endmacro %}


{# The landed records of an entity: a row per place. Of a key that has several accepted records in a batch one is     #}
{# staged, the others are duplicates (see repeated_records).                                                          #}
{% macro landed_records(entity, more=[]) -%}
{%- call(place) each_place(entity, ref('base_' ~ entity), 'contents') %}
    {{ place_of(place, 'contents') }},
    {{ columns_of(entity, 'contents') }},{{ more_columns('contents', more) }}
    case
        when repeated.rank > 1 then 'duplicate'
        when contents.outcome = 'accepted' then 'staged'
        else 'quarantined'
    end as outcome,
    contents.outcome = 'foreign' as is_foreign,
    case
        when repeated.rank > 1 then coalesce(contents.findings, '[]') || repeated.findings
        else contents.findings
    end as findings,
    contents.findings as content_findings
{%- endcall %}
{%- endmacro %}


{# Of them those that are staged: one per key and batch. #}
{% macro staged_records(entity, more=[]) -%}
{%- call(place) each_place(entity, ref('base_' ~ entity), 'contents', staged=true) %}
    {{ columns_of(entity, 'contents') }},{{ more_columns('contents', more) }}
    {{ place_of(place, 'contents') }}
{%- endcall %}
{%- endmacro %}


{# The elements of the lists of landed records: a row per place of the list and element. The list of an exact         #}
{# repetition counts for nothing.                                                                                     #}
{% macro landed_elements(entity, elements, columns) -%}
{%- call(place) each_place(
    entity, elements, 'elements', where='(repeated.rank > 1) is not true or repeated.findings is not null'
) %}
    {{ place_of(place, 'elements') }},{{ more_columns('elements', ['place'] + columns) }}
    case
        when elements.outcome <> 'accepted' then elements.outcome
        when repeated.rank > 1 then 'duplicate'
        else 'staged'
    end as outcome,
    elements.findings
{%- endcall %}
{%- endmacro %}


{# Of them those that are staged. #}
{% macro staged_elements(entity, elements, columns) -%}
{%- call(place) each_place(entity, elements, 'elements', staged=true) %}
    {{- more_columns('elements', ['place'] + columns) }}
    {{ place_of(place, 'elements') }}
{%- endcall %}
{%- endmacro %}


{# A SELECT over contents (or their elements) and all their places, as a union of two branches: the first places, and #}
{# those where they were repeated. Each branch joins by itself, so that a filter by batch or key gets to its indexes. #}
{# The call gives the columns of the branch of `place`. What is staged is said in words that planners can count with. #}
{% macro each_place(entity, relation, content, where=none, staged=false) -%}
{%- for place in [content, 'repeats'] %}
select
    {{- caller(place) }}

from {{ relation }} as {{ content }}
{%- if place == 'repeats' %}

inner join {{ source('repeats', entity) }} as repeats
    on {{ content }}.file_id = repeats.first_file_id
    and {{ content }}.position = repeats.first_position
{%- endif %}

inner join {{ ref('base_loaded_files') }} as files
    on {{ place }}.file_id = files.file_id

left join {{ ref('repeated_records') }} as repeated
    on {{ place }}.file_id = repeated.file_id
    and {{ place }}.position = repeated.position
{%- if staged %}
    and repeated.rank > 1

where {{ content }}.outcome = 'accepted'
    and repeated.file_id is null
{%- elif where %}

where {{ where }}
{%- endif %}
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


{# Columns of a relation, each in a line and with a comma after it. #}
{% macro more_columns(relation, columns) -%}
    {%- for column in columns %}
    {{ relation }}.{{ column }},
    {%- endfor -%}
{%- endmacro %}
