{# Fails when a role begins twice without an end in between, or ends before it began. #}

with

changes as (

    select
        history.*,
        lag(action) over (partition by agent_id, role_id order by action_at) as action_before
    from {{ ref('agent_role_history') }} as history

)

select * from changes
where action = coalesce(action_before, 'removed')
