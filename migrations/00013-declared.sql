-- Each landed record says which declaration it conforms to (loaders/entities), so that it can be cast as it is. The verdicts of the schemas before were read by nobody.

alter table raw.agents drop column verdict, add column declared integer;
alter table raw.agent_details drop column verdict, add column declared integer;
alter table raw.admin_groups drop column verdict, add column declared integer;
alter table raw.roles drop column verdict, add column declared integer;
alter table raw.budgets drop column verdict, add column declared integer;
alter table raw.cards drop column verdict, add column declared integer;
alter table raw.transactions drop column verdict, add column declared integer;

comment on column raw.agents.declared is 'Hash of the declaration that the record conforms to, as the loader found; null when it does not: then each field is examined.';
