{# One row per record of agent_availability, in any batch, of an agent that no other feed contains. #}

with

readings as (

    {{ unknown_elements(
        ref('base_agent_availability'),
        ref('landed_agent_availability'),
        'agent_id',
        known=ref('known_agents')
    ) }}

)

-- Exact repetitions are not reported.
select * from readings
where outcome = 'staged' or findings is not null
