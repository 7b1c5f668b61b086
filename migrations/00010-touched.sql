-- What a model changed among the rows that others count up: they look only there. And the indexes by which they find it.

create table ops.touched (
    what text not null,
    key text not null,
    changed_in bigint not null,
    constraint touched_pkey primary key (what, key)
);

comment on table ops.touched is 'Of groups of rows, the last build that changed one of them: a row per group, however many builds there were.';
comment on column ops.touched.what is 'spend_month: a month in which what was spent changed; agent_of_user: a BILL user who became another agent.';
comment on column ops.touched.key is 'The first day of the month; the id of the user.';
comment on column ops.touched.changed_in is 'Highest ops.batches.changed_in that this build saw.';

create index transactions_month on core.transactions ((date_trunc('month', occurred_at at time zone 'UTC')::date));
create index transactions_user_id on core.transactions (user_id);
create index transactions_authorization on core.transactions (transaction_uuid) where transaction_type = 'AUTHORIZATION';
