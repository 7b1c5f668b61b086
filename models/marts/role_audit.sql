{# One row per period in which an agent held a role. #}

{{ config(unique_key=['agent_id', 'role_id', 'from_date']) }}

with

periods as (

    select * from {{ ref('agent_role_periods') }}

),

roles as (

    select * from {{ ref('roles') }}

)

select
    periods.agent_id,
    periods.role_id,
    periods.started_on as from_date,
    periods.ended_on as to_date,
    periods.ended_on - periods.started_on as days,
    periods.is_from_start

from periods

inner join roles
    on periods.role_id = roles.role_id
