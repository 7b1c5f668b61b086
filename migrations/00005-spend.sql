-- Spend: budgets, cards, transactions, and which agent spent. A parent that no batch knows is a row with its id alone.

create table core.user_agent_mapping (
    user_id text not null,
    agent_id bigint,
    user_name text,
    matched_by text not null,
    constraint user_agent_mapping_pkey primary key (user_id),
    constraint user_agent_mapping_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint user_agent_mapping_matched_by check (matched_by in ('override', 'name', 'none')),
    constraint user_agent_mapping_matched check ((matched_by = 'none') = (agent_id is null))
);

create table core.budgets (
    budget_id text not null,
    budget_uuid text,
    name text,
    description text,
    is_retired boolean,
    is_limitless boolean,
    start_date date,
    recurring_interval text,
    timezone text,
    recurring_limit numeric,
    limit_amount numeric,
    overspend_buffer numeric,
    assigned_amount numeric,
    spent_cleared numeric,
    spent_pending numeric,
    spent_total numeric,
    period_start_date date,
    period_end_date date,
    is_inferred boolean not null,
    first_seen_on date,
    last_seen_on date,
    source text,
    constraint budgets_pkey primary key (budget_id),
    constraint budgets_limit_not_negative check (limit_amount >= 0),
    constraint budgets_inferred check (is_inferred = (source is null)),
    constraint budgets_named check (is_inferred or name is not null),
    constraint budgets_limited check (is_inferred or is_limitless or limit_amount is not null),
    constraint budgets_seen_in_order check (first_seen_on <= last_seen_on)
);

create table core.cards (
    card_id text not null,
    card_uuid text,
    name text,
    user_id text,
    user_uuid text,
    agent_id bigint,
    budget_id text,
    last_four text,
    valid_thru text,
    status text,
    card_type text,
    is_budget_shared boolean,
    is_recurring boolean,
    recurring_limit numeric,
    current_limit numeric,
    current_spent numeric,
    created_at timestamptz,
    updated_at timestamptz,
    is_inferred boolean not null,
    first_seen_on date,
    last_seen_on date,
    source text,
    constraint cards_pkey primary key (card_id),
    constraint cards_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint cards_budget_id_fkey foreign key (budget_id) references core.budgets (budget_id) deferrable initially deferred,
    constraint cards_limit_not_negative check (current_limit >= 0),
    constraint cards_inferred check (is_inferred = (source is null)),
    constraint cards_complete check (is_inferred or (user_id is not null and card_type is not null and status is not null and created_at is not null)),
    constraint cards_seen_in_order check (first_seen_on <= last_seen_on)
);

create index cards_budget_id on core.cards (budget_id);
create index cards_agent_id on core.cards (agent_id);

create table core.transactions (
    transaction_id text not null,
    transaction_uuid text,
    transaction_type text,
    status text,
    occurred_at timestamptz not null,
    updated_at timestamptz,
    user_id text,
    user_uuid text,
    user_name text,
    agent_id bigint,
    card_id text,
    budget_id text,
    merchant_name text,
    raw_merchant_name text,
    merchant_category_code text,
    original_amount numeric not null,
    original_currency text not null,
    exchange_rate numeric,
    amount_usd numeric,
    fx_source text,
    fees numeric,
    is_complete boolean,
    decline_reason text,
    original_auth_transaction_uuid text,
    source text not null,
    constraint transactions_pkey primary key (transaction_id),
    constraint transactions_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint transactions_card_id_fkey foreign key (card_id) references core.cards (card_id) deferrable initially deferred,
    constraint transactions_budget_id_fkey foreign key (budget_id) references core.budgets (budget_id) deferrable initially deferred,
    constraint transactions_fx_source check (fx_source in ('feed', 'par', 'seed', 'amount')),
    constraint transactions_rated check ((coalesce(fx_source, 'amount') = 'amount') = (exchange_rate is null)),
    constraint transactions_exchange_rate_positive check (exchange_rate > 0)
);

-- The marts' questions: spend of a budget, of an agent, over time; and which authorisation a transaction points back to.
create index transactions_budget_id on core.transactions (budget_id, occurred_at);
create index transactions_agent_id on core.transactions (agent_id, occurred_at);
create index transactions_card_id on core.transactions (card_id);
create index transactions_source on core.transactions (source);
create index transactions_original_auth on core.transactions (original_auth_transaction_uuid) where original_auth_transaction_uuid is not null;
