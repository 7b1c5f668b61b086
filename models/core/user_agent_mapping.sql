{# One row per BILL user of spend_users, or of a current card or transaction: the agent who is this user, where that #}
{# can be told (R29).                                                                                                #}

{{ config(
    unique_key='user_id',
    pre_hook={"sql": "{{ remember_values('user_id', 'agent_id') }}", "follows_rows": true},
    post_hook={"sql": "{{ mark_other_values('agent_of_user', 'user_id', 'agent_id') }}", "follows_rows": true},
) }}

with

spend_users as (

    select * from {{ ref('spend_users') }}

),

parties as (

    select * from {{ ref('transaction_parties') }}
    where user_id is not null

),

users as (

    select user_id from spend_users
    union
    select user_id from {{ ref('current_cards') }}
    where user_id is not null
    union
    select user_id from parties

),

-- Users that only transactions name: when the newest of their transactions was updated.
newest_times as (

    select
        user_id,
        max(updated_at) as updated_at
    from parties
    where user_name is not null
        and user_id not in (select user_id from spend_users where name is not null)
    group by user_id

),

their_transactions as materialized (

    select * from {{ ref('current_transactions') }}
    where (user_id, coalesce(updated_at, '-infinity')) in (select user_id, updated_at from newest_times)
        and user_name is not null

),

newest_names as (

    select distinct on (transactions.user_id)
        transactions.user_id,
        transactions.user_name,
        transactions.source

    from their_transactions as transactions

    left join {{ ref('base_files') }} as files
        on transactions.file_id = files.file_id

    order by transactions.user_id, {{ newest_first('transactions', 'files') }}

),

named as (

    select
        users.user_id,
        coalesce(spend_users.name, newest_names.user_name) as user_name,
        case when spend_users.name is not null then spend_users.source else newest_names.source end as source,
        {{ folded_email('spend_users.email') }} as email

    from users

    left join spend_users
        on users.user_id = spend_users.user_id

    left join newest_names
        on users.user_id = newest_names.user_id

),

folded as materialized (

    select
        named.*,
        {{ folded_name('user_name') }} as folded_name
    from named

),

folded_users as (

    select
        folded.*,
        count(*) over (partition by email) as users_of_email,
        count(*) over (partition by folded_name) as users_of_name
    from folded

),

folded_agents as materialized (

    select
        agent_id,
        {{ folded_email('email') }} as email,
        {{ folded_name('name') }} as folded_name
    from {{ ref('agents') }}

),

-- A value links a user to an agent only where it is unique on both sides.
{% for what in ['email', 'folded_name'] -%}
agents_by_{{ what }} as (

    select
        {{ what }},
        min(agent_id) as agent_id
    from folded_agents
    group by {{ what }}
    having count(*) = 1

),

{% endfor -%}
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
    coalesce(overrides.agent_id, by_email.agent_id, by_name.agent_id) as agent_id,
    folded_users.user_name,
    case
        when overrides.agent_id is not null then 'override'
        when by_email.agent_id is not null then 'email'
        when by_name.agent_id is not null then 'name'
        else 'none'
    end as matched_by,
    folded_users.source

from folded_users

left join overrides
    on folded_users.user_id = overrides.user_id

left join agents_by_email as by_email
    on folded_users.email = by_email.email
    and folded_users.users_of_email = 1

left join agents_by_folded_name as by_name
    on folded_users.folded_name = by_name.folded_name
    and folded_users.users_of_name = 1
