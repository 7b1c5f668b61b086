{# Contents and places. A record that comes again byte for byte lands only once: raw keeps the content at its first  #}
{# place, and raw.<entity>_repeats has a narrow row for each further place. base_<entity> types and judges contents; #}
{# landed_<entity> says which batch lists which content.                                                             #}


{# The landed contents of an entity; on later builds those that landed first in changed batches. #}
{% macro landed_contents(entity) -%}
    select
        landed.file_id,
        landed.position,
        files.source,
        landed.record,
        -- A wrapper of another stream holds nothing of this entity, not even a key.
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
        -- From a file that left the ledger, only the contents that other files refer to.
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


{# The columns of landed_<entity> besides those of the content: the place of the record, the place of its content, #}
{# and the batch that lists it.                                                                                    #}
{% macro place_columns(relation=none) -%}
    {%- set dot = relation ~ '.' if relation else '' -%}
    {{ dot }}file_id, {{ dot }}position, {{ dot }}content_file_id, {{ dot }}content_position,
    {{ dot }}source, {{ dot }}sync_date, {{ dot }}batch_order
{%- endmacro %}


{# The landed records of an entity: a row per place. When several accepted records in a batch have the same key, one #}
{# is staged and the others are duplicates (see repeated_records).                                                   #}
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


{# Only the staged records: one per key and batch. #}
{% macro staged_records(entity, more=[]) -%}
{%- call(place) each_place(entity, ref('base_' ~ entity), 'contents', staged=true) %}
    {{ columns_of(entity, 'contents') }},{{ more_columns('contents', more) }}
    {{ place_of(place, 'contents') }}
{%- endcall %}
{%- endmacro %}


{# The elements of the lists of landed records: a row per place of the list and element. The list of an exact #}
{# repetition does not count.                                                                                 #}
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


{# Only the staged elements. #}
{% macro staged_elements(entity, elements, columns) -%}
{%- call(place) each_place(entity, elements, 'elements', staged=true) %}
    {{- more_columns('elements', ['place'] + columns) }}
    {{ place_of(place, 'elements') }}
{%- endcall %}
{%- endmacro %}


{# A SELECT over contents (or their elements) and all their places, as a union of two branches: first places and    #}
{# repeats. Each branch has its own joins, so that a filter by batch or key can use its indexes. The call gives the #}
{# columns of the branch of `place`. The condition for staged rows is one that planners can estimate.               #}
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


{# Columns of a relation, each on a line and with a comma after it. #}
{% macro more_columns(relation, columns) -%}
    {%- for column in columns %}
    {{ relation }}.{{ column }},
    {%- endfor -%}
{%- endmacro %}
