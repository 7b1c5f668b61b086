{# One row per landed content of users: its fields as typed columns, and the verdict on it. #}

{{ config(
    unique_key=['file_id', 'position'],
    incremental_predicates=['source in (' ~ changed_batches('users') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['user_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

with

{{ typed_records('users') }},

named as (

    select
        typed.*,
        nullif(concat_ws(' ', first_name, last_name), '') as name
    from typed

),

-- A user needs an email or a name (R14).
ruled as (

    select
        named.*,
        array_remove(array[
            {% call fault('missing_value', 'email', 'a user needs an email or a name') %}
            email is null and name is null
            {% endcall %}
        ], null) as rule_faults,
        '{}'::jsonb[] as rule_remarks
    from named

),

{{ judged_records('ruled') }}

{{ concluded() }}

select
    file_id, position, source,
    {{ columns_of('users') }},
    name,
    outcome,
    findings
from concluded
