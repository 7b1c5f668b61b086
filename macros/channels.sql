{# The rows of a record's list of channels, with the verdict on each (R16, R17). The lists of agent_details and of #}
{# agent_availability have the same form.                                                                          #}
{% macro judged_channels(entity, list) -%}
{%- set fields = fields_of('agent_availability').channel_availability.elements -%}
with

records as (

    select * from {{ ref('base_' ~ entity) }}
    where {{ list }} is not null
        and outcome = 'accepted'
        and {{ in_increments('source in (' ~ changed_batches(entity) ~ ')') }}

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

    cross join lateral jsonb_array_elements(records.{{ list }}) with ordinality as element (value, place)

    where jsonb_typeof(element.value) <> 'null'

),

{{ typed('elements', fields, prefix=list ~ '.') }},

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
                then array[{{ finding('error', 'invalid_value', "'" ~ list ~ "'", 'body', "'must be an object'") }}]
            when not is_fault and time_met = 1
                then field_remarks || case
                    when rank > 1 then array[{{
                        finding('warning', 'duplicate_in_batch', "'" ~ list ~ "'", 'body',
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
    coalesce(available_since, availability_updated_at) as available_since,
    assignment_limit,
    current_load,
    is_logged_in,
    status_id,
    case when is_fault then 'quarantined' when rank > 1 then 'duplicate' else outcome end as outcome,
    nullif(to_jsonb(findings), '[]') as findings
from judged
{%- endmacro %}


{# The columns of a row of a list of channels. #}
{% macro channel_columns() -%}
    {{ return([
        'agent_id', 'channel', 'is_available', 'available_since', 'assignment_limit', 'current_load', 'is_logged_in',
        'status_id',
    ]) }}
{%- endmacro %}


{# The feeds that list channels, each with the relation of their rows. #}
{% macro channel_feeds() -%}
    {{ return([('agent_availability', 'availability_channels'), ('agent_details', 'details_channels')]) }}
{%- endmacro %}
