{# One row per card and unbroken run of days on which it had the same status, user, budget, limit and spend (R30). #}
{# The agent of the user is that of the present mapping.                                                           #}

{% set first_changed_on = first_changed_date('cards') %}

{% set values = ['status', 'user_id', 'budget_id', 'current_limit', 'current_spent', 'recurring_limit'] %}

{# All rows of these users are written again: only their agent differs. #}
{% set of_other_agents = 'user_id in (' ~ listed(touched('agent_of_user')) ~ ')' %}

{{ config(
    unique_key=['card_id', 'from_date'],
    distributed_by='card_id',
    incremental_predicates=['(' ~ reaches(first_changed_on, 'to_date') ~ ' or ' ~ of_other_agents ~ ')'],
) }}

-- depends_on: {{ ref('cards') }}, {{ ref('base_batches') }}, {{ source('ops', 'touched') }}

with

{{ value_runs('cards', 'card_id', values, first_changed_on) }}

{%- if is_incremental() %},

kept as (

    select card_id, from_date, to_date, {{ values | join(', ') }}, source
    from {{ this }}
    where {{ of_other_agents }}
        and ({{ reaches(first_changed_on, 'to_date') }}) is not true

),

all_runs as (

    select * from runs
    union all
    select * from kept

)
{%- endif %}

select
    runs.card_id,
    runs.from_date,
    runs.to_date,
    {%- for value in values %}
    runs.{{ value }},
    {%- endfor %}
    mapping.agent_id,
    runs.source

from {{ 'all_runs' if is_incremental() else 'runs' }} as runs

left join {{ ref('user_agent_mapping') }} as mapping
    on runs.user_id = mapping.user_id
