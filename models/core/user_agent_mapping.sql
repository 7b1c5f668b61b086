{# One row per BILL user of the current cards and transactions: the agent that the user is, as far as can be told. #}

{{ config(
    unique_key='user_id',
    pre_hook="{{ remember_agents_of_users() }}",
    post_hook="{{ mark_users_of_other_agents() }}",
) }}

with

names as (

    select
        user_id,
        user_name
    from {{ ref('transaction_parties') }}
    where user_id is not null
    group by user_id, user_name

),

users as (

    select user_id from {{ ref('current_cards') }}
    where user_id is not null
    union
    select user_id from names

),

-- Few users have had several names.
renamed as (

    select user_id
    from names
    group by user_id
    having count(user_name) > 1

),

their_transactions as materialized (

    select * from {{ ref('current_transactions') }}
    where user_id in (select user_id from renamed)
        and user_name is not null

),

-- The name in the newest transaction of the user that has one.
newest_names as (

    select distinct on (transactions.user_id)
        transactions.user_id,
        transactions.user_name

    from their_transactions as transactions

    left join {{ ref('base_files') }} as files
        on transactions.file_id = files.file_id

    order by
        transactions.user_id,
        transactions.updated_at desc nulls last,
        transactions.batch_order desc,
        files.file_order desc,
        transactions.position desc

),

named as (

    select * from newest_names
    union all
    select * from names
    where user_name is not null
        and user_id not in (select user_id from renamed)

),

folded_users as (

    select
        users.user_id,
        named.user_name,
        {{ folded_name('named.user_name') }} as folded_name,
        count(*) over (partition by {{ folded_name('named.user_name') }}) as users_of_name

    from users

    left join named
        on users.user_id = named.user_id

),

-- A name links only where it is unique on both sides.
folded_agents as (

    select
        {{ folded_name('name') }} as folded_name,
        min(agent_id) as agent_id
    from {{ ref('agents') }}
    group by {{ folded_name('name') }}
    having count(*) = 1

),

overrides as (

    select distinct on (user_agent_overrides.user_id)
        user_agent_overrides.user_id,
        agents.agent_id

    from {{ ref('user_agent_overrides') }} as user_agent_overrides

    inner join {{ ref('agents') }} as agents
        on user_agent_overrides.agent_id = agents.agent_id

    order by user_agent_overrides.user_id, agents.agent_id

)

select
    folded_users.user_id,
    coalesce(overrides.agent_id, folded_agents.agent_id) as agent_id,
    folded_users.user_name,
    case
        when overrides.agent_id is not null then 'override'
        when folded_agents.agent_id is not null then 'name'
        else 'none'
    end as matched_by

from folded_users

left join overrides
    on folded_users.user_id = overrides.user_id

left join folded_agents
    on folded_users.folded_name = folded_agents.folded_name
    and folded_users.users_of_name = 1
