{# One row per agent: the place of the current list of channels, by R4 among lists. Later builds compare what arrived #}
{# with the existing row, and with all lists where that row comes from a changed batch.                               #}

{% set columns = ['agent_id', 'feed', place_columns()] | join(',\n    ') %}

{% set changed = changed_batches(['agent_details', 'agent_availability']) %}

{% set touched -%}
    select agent_id from {{ ref('availability_lists') }}
    where source in ({{ changed }})
    union
    select agent_id from {{ this }}
    where source in ({{ changed }})
{%- endset %}

{{ config(
    unique_key='agent_id',
    fillfactor=45,
    incremental_predicates=['agent_id in (' ~ touched ~ ')'],
) }}

with

{% if is_incremental() -%}
arrived as (

    select * from {{ ref('availability_lists') }}
    where source in ({{ changed }})

),

existing as (

    select * from {{ this }}
    where agent_id in (select agent_id from arrived)
        and source not in ({{ changed }})

),

-- A few agents, looked up one by one: a join would read the lists of all days.
left_over as (

    select lists.*
    from {{ this }} as gone
    cross join lateral (
        {% call computed_once() %}
        select {{ columns }}
        from {{ ref('availability_lists') }} as staged
        where staged.agent_id = gone.agent_id
            and staged.source not in ({{ changed }})
        {%- endcall %}
    ) as lists
    where gone.source in ({{ changed }})

),

lists as (

    select {{ columns }} from arrived
    union all
    select {{ columns }} from existing
    union all
    select {{ columns }} from left_over

)
{%- else -%}
lists as (

    select * from {{ ref('availability_lists') }}

)
{%- endif %}

select distinct on (agent_id)
    {{ columns }}
from lists
order by agent_id, batch_order desc
