{# One row per landed content of cards: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('cards') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['card_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('cards') }},

ruled as (

    select
        typed.*,
        '{}'::jsonb[] as rule_faults,
        array_remove(array[
            {% call remark('missing_value', 'createdTime', 'kept as null') %} {{ has_no('createdTime') }} {% endcall %}
        ], null) as rule_remarks
    from typed

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('cards') }},
    outcome,
    findings
from concluded
