-- A record that comes again byte for byte lands once: raw keeps each content at the first place where it landed, and a narrow row per further place.
-- What landed before has no hash, and lands once more when it comes again.

alter table raw.agents add column content_hash uuid;
alter table raw.agent_details add column content_hash uuid;
alter table raw.admin_groups add column content_hash uuid;
alter table raw.roles add column content_hash uuid;
alter table raw.budgets add column content_hash uuid;
alter table raw.cards add column content_hash uuid;
alter table raw.transactions add column content_hash uuid;

comment on table raw.agents is 'One row per content: a record at the first place where it landed.';
comment on table raw.agent_details is 'One row per content: a record at the first place where it landed.';
comment on table raw.admin_groups is 'One row per content: a record at the first place where it landed.';
comment on table raw.roles is 'One row per content: a record at the first place where it landed.';
comment on table raw.budgets is 'One row per content: a record at the first place where it landed.';
comment on table raw.cards is 'One row per content: a record at the first place where it landed.';
comment on table raw.transactions is 'One row per content: a record at the first place where it landed.';
comment on column raw.agents.content_hash is 'The first 128 bits of the SHA-256 of the source bytes; null of what must not be taken for another: text that is no record, records of other entities.';


-- In this order of columns a row takes 52 bytes.
create table raw.agents_repeats (
    file_id bigint not null,
    first_file_id bigint not null,
    position integer not null,
    first_position integer not null
);

create index agents_repeats_file_id on raw.agents_repeats (file_id);
create index agents_repeats_first on raw.agents_repeats (first_file_id, first_position);

comment on table raw.agents_repeats is 'One row per record that had landed before byte for byte: where it stands, and the first place of its content in raw.agents.';
comment on column raw.agents_repeats.file_id is 'The file, in ops.files.';
comment on column raw.agents_repeats.position is 'Of the record in its file, counted from 0.';
comment on column raw.agents_repeats.first_file_id is 'The file in which the content landed first; it may have left the ledger since.';
comment on column raw.agents_repeats.first_position is 'Of the content in that file.';

create table raw.agent_details_repeats (like raw.agents_repeats including all);
create table raw.admin_groups_repeats (like raw.agents_repeats including all);
create table raw.roles_repeats (like raw.agents_repeats including all);
create table raw.budgets_repeats (like raw.agents_repeats including all);
create table raw.cards_repeats (like raw.agents_repeats including all);
create table raw.transactions_repeats (like raw.agents_repeats including all);


create table ops.former_files (
    file_id bigint not null,
    batch text not null,
    entity text not null,
    constraint former_files_pkey primary key (file_id)
);

comment on table ops.former_files is 'Files that left the ledger, corrected or pruned, while files that are there name contents that landed first in them.';
