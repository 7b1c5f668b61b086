-- What a file says of itself and of those after it, so that a page that is missing is never taken for an absence (R5, R6).

alter table ops.files
    add column reading integer,
    add column foreign_records integer not null default 0,
    add column shortfall text,
    add column has_next_page boolean not null default false,
    add column raw_text text;

comment on column ops.files.reading is 'Version of the rules by which the file was read; null for the first. A file that is still there is read again when they change.';
comment on column ops.files.foreign_records is 'How many of its records are no records of its entity.';
comment on column ops.files.shortfall is 'Why records must be missing, as the file itself says: it is empty, or has errors beside its records.';
comment on column ops.files.has_next_page is 'It names a page that follows.';
comment on column ops.files.raw_text is 'Of a refused file its first 64 kB, unzipped; null when it could not be read.';


create table ops.markers (
    batch text not null,
    sha256 text not null,
    marker jsonb,
    reason text,
    loaded_at timestamptz not null default now(),
    constraint markers_pkey primary key (batch),
    constraint markers_is_read_or_not check (num_nonnulls(marker, reason) = 1)
);

comment on table ops.markers is 'What an extraction says of the batch that it brought, _COMPLETE in its folder: per entity whether it is complete, and its files with their hashes.';
comment on column ops.markers.reason is 'Why the marker could not be read: then nothing of its batch is complete.';


alter table raw.agents add column is_foreign boolean, add column stream text;
alter table raw.agent_details add column is_foreign boolean, add column stream text;
alter table raw.admin_groups add column is_foreign boolean, add column stream text;
alter table raw.roles add column is_foreign boolean, add column stream text;
alter table raw.budgets add column is_foreign boolean, add column stream text;
alter table raw.cards add column is_foreign boolean, add column stream text;
alter table raw.transactions add column is_foreign boolean, add column stream text;

comment on column raw.agents.is_foreign is 'True when it is no record of the entity.';
comment on column raw.agents.stream is 'The stream that a wrapper names, where that is not the entity''s.';


create table errors.user_pipeline_errors (
    error_id uuid not null,
    user_id text,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint user_pipeline_errors_pkey primary key (error_id),
    constraint user_pipeline_errors_severity check (severity in ('error', 'warning'))
);

comment on table errors.user_pipeline_errors is 'What was wrong with users of the spend system: overrides that name no known agent.';


-- Unassigned cards, budgets whose limit is not told, transactions of which only the amount is known (R14).
alter table core.budgets drop constraint budgets_limited;
alter table core.cards drop constraint cards_complete;
alter table core.cards add constraint cards_complete check (is_inferred or (card_type is not null and status is not null));
alter table core.transactions
    alter column original_amount drop not null,
    alter column original_currency drop not null;


alter table ops.runs add column alerts jsonb;

comment on column ops.runs.alerts is 'What of the feed somebody should look at, as the run found it: {name, message, hint}; null of a run that did not look.';
