-- What a feed sends again each day moves source and last_seen_on of every row. With room left in its page a new version stays
-- beside the old one and no index is touched.

alter table core.agents set (fillfactor = 45);
alter table core.agent_details set (fillfactor = 45);
alter table core.groups set (fillfactor = 45);
alter table core.group_membership set (fillfactor = 45);
alter table core.roles set (fillfactor = 45);
alter table core.budgets set (fillfactor = 45);
alter table core.cards set (fillfactor = 45);


-- The order of batches is asked for by nearly every model.

alter table ops.batches add column natural_order text collate "C" not null generated always as (ops.natural_order(batch)) stored;

comment on column ops.batches.natural_order is 'Sorts batches by name as people do, day2 before day10.';
