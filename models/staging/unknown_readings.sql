{# One row per record of agent_availability of an agent whom no other feed knows, in any batch. #}

with

readings as (

    {{ unknown_elements(
        ref('base_agent_availability'),
        ref('landed_agent_availability'),
        'agent_id',
        known=ref('known_agents')
    ) }}

)

-- An exact repetition is not told of.
select * from readings
where outcome = 'staged' or findings is not null
