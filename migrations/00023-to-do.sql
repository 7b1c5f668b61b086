-- Reports find what is to do in an index, however many transactions there are: missing receipts with whom to ask, and
-- declined payments.
create index transactions_without_receipt on core.transactions (spent_on)
    include (amount_usd, agent_id, user_id, user_name)
    where is_receipt_required
        and receipt_status in ('MISSING', 'NOT_ATTACHED')
        and spend_kind in ('settled', 'pending', 'other');
create index transactions_declined on core.transactions (spent_on) where spend_kind = 'declined';

-- Constraints prove what a data test would read all rows for. Rows of a version that did not have these columns yet are
-- computed again by the next build.
update core.transactions
set spend_kind = coalesce(spend_kind, 'other'), spent_on = coalesce(spent_on, (occurred_at at time zone 'UTC')::date)
where spend_kind is null or spent_on is null;

alter table core.transactions
    alter column spend_kind set not null,
    alter column spent_on set not null;
