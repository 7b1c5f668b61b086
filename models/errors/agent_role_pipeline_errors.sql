{# One row per role_ids list, or element of one, that failed a rule, open or resolved. #}

with

roles as (

    select * from {{ ref('current_roles') }}

),

unknown_roles as (

    select * from {{ ref('unknown_roles') }}

),

unknown_listed_roles as (

    select * from {{ ref('unknown_listed_roles') }}

),

found as (

    {% for entity, relation in role_feeds() -%}
    {{ findings_of(noted_records(entity, 'agent_id'), entity,
        ['records.agent_id', ('null::bigint', 'role_id')],
        where="found.finding ->> 'field' = 'role_ids'") }}

    union all

    -- An element that names no role is refused, so its conversion no longer matters.
    {{ findings_of(ref('landed_' ~ relation), entity,
        ['records.agent_id', 'records.role_id'], place='records.place',
        where='(records.role_id is null or records.role_id in (select role_id from roles))') }}

    union all

    {{ relation_error('unknown_' ~ ('listed_roles' if entity == 'agents' else 'roles'), entity,
        ['records.agent_id', 'records.role_id'],
        'error', 'unknown_role', 'role_ids', 'records.role_id', 'no batch knows this role', place='records.place') }}
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

),

{{ error_table(['agent_id', 'role_id']) }}
