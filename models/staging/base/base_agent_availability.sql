{# One row per element of an agent_details record's availability, with the verdict on it (R16, R17). #}

{{ config(
    unique_key=['file_id', 'position', 'place'],
    incremental_predicates=['source in (' ~ changed_batches('agent_details') ~ ')'],
    indexes=[
        {'columns': ['source']},
        {'columns': ['agent_id']},
        {'columns': ['file_id'], 'where': 'findings is not null'},
    ],
) }}

{% set fields = fields_of('agent_details').availability.elements %}

with

records as (

    select * from {{ ref('base_agent_details') }}
    where availability is not null
        and outcome = 'accepted'
    {%- if is_incremental() %}
        and source in ({{ changed_batches('agent_details') }})
    {%- endif %}

),

elements as (

    select
        records.file_id,
        records.position,
        element.place::integer as place,
        records.source,
        records.agent_id,
        records.outcome,
        element.value as body,
        false as conforms

    from records

    cross join lateral jsonb_array_elements(records.availability) with ordinality as element (value, place)

    where jsonb_typeof(element.value) <> 'null'

),

{{ typed('elements', fields, prefix='availability.') }},

ranked as (

    select
        typed.*,
        jsonb_typeof(body) <> 'object' as is_fault,
        row_number() over (
            partition by file_id, position, jsonb_typeof(body) = 'object', coalesce(channel, 'unspecified')
            order by place desc
        ) as rank,
        row_number() over (
            partition by file_id, position, jsonb_typeof(body) = 'object', coalesce(channel, 'unspecified'), body
            order by place desc
        ) as time_met
    from typed

),

judged as (

    select
        ranked.*,
        case
            when is_fault and time_met = 1
                then array[{{ finding('error', 'invalid_value', "'availability'", 'body', "'must be an object'") }}]
            when not is_fault and time_met = 1
                then field_remarks || case
                    when rank > 1 then array[{{
                        finding('warning', 'duplicate_in_batch', "'availability'", 'body',
                            "'a later row of this channel is kept'")
                    }}]
                    else '{}'
                end
        end as findings
    from ranked

)

select
    file_id, position, source,
    place,
    agent_id,
    coalesce(channel, 'unspecified') as channel,
    is_available,
    available_since,
    case when is_fault then 'quarantined' when rank > 1 then 'duplicate' else outcome end as outcome,
    nullif(to_jsonb(findings), '[]') as findings
from judged
