-- What the records say beside what was kept of them so far. What a build finds out is null until the next one has run.

alter table core.agents add column is_verified boolean;

-- Switched off is who a record says is.
update core.agents set is_deactivated = false where is_deactivated is null;
alter table core.agents alter column is_deactivated set not null;
update core.agent_status_history set is_deactivated = false where is_deactivated is null;
alter table core.agent_status_history alter column is_deactivated set not null;

alter table core.groups add column is_listed boolean;
alter table core.roles add column is_listed boolean;

alter table core.budgets add column is_listed boolean;

alter table core.cards
    add column is_listed boolean,
    add column is_active boolean;

alter table core.transactions
    add column merchant_city text,
    add column merchant_state text,
    add column merchant_country text,
    add column billed_amount numeric,
    add column transacted_amount numeric,
    add column foreign_exchange_fee numeric,
    add column is_locked boolean,
    add column is_reconciled boolean,
    add column is_card_present boolean,
    add column network text,
    add column receipt_status text,
    add column is_receipt_required boolean,
    add column is_review_required boolean,
    add column original_auth_transaction_id text,
    add column parent_transaction_id text;


create table core.transaction_tags (
    transaction_id text not null,
    name text not null,
    value text not null,
    source text not null,
    constraint transaction_tags_pkey primary key (transaction_id, name, value),
    constraint transaction_tags_transaction_id_fkey foreign key (transaction_id)
        references core.transactions (transaction_id) deferrable initially deferred
);

create index transaction_tags_name on core.transaction_tags (name, value);
create index transaction_tags_source on core.transaction_tags (source);

comment on column ops.touched.what is 'spend_month: a month in which what was spent changed; agent_of_user: a BILL user who became another agent; returned_states: a batch of which states of transactions came back.';
comment on column ops.touched.key is 'The first day of the month; the id of the user; the name of the batch.';
