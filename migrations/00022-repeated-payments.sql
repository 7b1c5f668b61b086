-- Payments with the same card, day and amount are found from the index alone, which also serves look-ups by card.
drop index core.transactions_card_id;
create index transactions_card_day on core.transactions (card_id, spent_on, amount_usd, spend_kind);
