-- What budgets, cards and groups were on the days before: a row per unbroken run of days.

create table core.budget_history (
    budget_id text not null,
    from_date date not null,
    to_date date,
    name text,
    is_retired boolean,
    is_limitless boolean,
    limit_amount numeric,
    overspend_buffer numeric,
    assigned_amount numeric,
    spent_cleared numeric,
    spent_pending numeric,
    spent_total numeric,
    period_start_date date,
    period_end_date date,
    source text not null,
    constraint budget_history_pkey primary key (budget_id, from_date),
    constraint budget_history_budget_id_fkey foreign key (budget_id)
        references core.budgets (budget_id) deferrable initially deferred,
    constraint budget_history_in_order check (from_date < to_date)
);

create table core.card_history (
    card_id text not null,
    from_date date not null,
    to_date date,
    status text,
    user_id text,
    agent_id bigint,
    budget_id text,
    current_limit numeric,
    current_spent numeric,
    recurring_limit numeric,
    source text not null,
    constraint card_history_pkey primary key (card_id, from_date),
    constraint card_history_card_id_fkey foreign key (card_id)
        references core.cards (card_id) deferrable initially deferred,
    constraint card_history_in_order check (from_date < to_date)
);

create table core.group_membership_history (
    group_id bigint not null,
    agent_id bigint not null,
    joined_on date not null,
    left_on date,
    source text not null,
    constraint group_membership_history_pkey primary key (group_id, agent_id, joined_on),
    constraint group_membership_history_group_id_fkey foreign key (group_id)
        references core.groups (group_id) deferrable initially deferred,
    constraint group_membership_history_agent_id_fkey foreign key (agent_id)
        references core.agents (agent_id) deferrable initially deferred,
    constraint group_membership_history_in_order check (joined_on < left_on)
);

-- The runs that go on, which each day looks at, and what was so on a day.
create index budget_history_to_date on core.budget_history ((coalesce(to_date, 'infinity'::date)));
create index card_history_to_date on core.card_history ((coalesce(to_date, 'infinity'::date)));
create index card_history_user_id on core.card_history (user_id);
create index group_membership_history_agent_id on core.group_membership_history (agent_id);
