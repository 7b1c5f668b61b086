-- Landing: what the feed said, byte for byte, and the ledger of the files that said it.
-- Rows of raw.* count only when ops.files has their file_id.

create schema raw;
create schema ops;
create schema staging;
create schema errors;
create schema core;
create schema marts;

comment on schema raw is 'Landed feed records, one table per entity, as their source wrote them.';
comment on schema ops is 'The ledger of files and the log of runs.';
comment on schema staging is 'Typed, judged and deduplicated records: one row per key and batch.';
comment on schema errors is 'Quarantined records and warnings.';
comment on schema core is 'The warehouse: one row per thing, with keys and foreign keys.';
comment on schema marts is 'Answers to questions, made of core alone.';


-- Digits compare as numbers: day2 before day10, 2.json before 10.json. Compare the result under collation "C".
create function ops.natural_order(name text) returns text
language sql immutable strict parallel safe
return (
    select string_agg(
        part[1] || case when part[2] <> '' then lpad(length(part[3])::text, 4, '0') || part[3] else '' end,
        '' order by number
    )
    from regexp_matches(name, '([^0-9]*)(0*([0-9]*))', 'g') with ordinality as matches (part, number)
);

comment on function ops.natural_order(text) is 'A text that sorts, under collation "C", as people sort names with numbers in them.';


create sequence ops.landing_seq;

comment on sequence ops.landing_seq is 'Counts changes of what has landed; stamps ops.batches.changed_in.';


create table ops.batches (
    batch text not null,
    entity text not null,
    changed_in bigint not null,
    primary key (batch, entity)
);

create index on ops.batches (changed_in);

comment on table ops.batches is 'One row per batch and entity that ever landed, kept when its files are pruned. It tells incremental models what changed.';
comment on column ops.batches.changed_in is 'Value of ops.landing_seq when a file of this batch and entity was last added, replaced, refused or pruned.';


create table ops.files (
    path text primary key,
    file_id bigint generated always as identity unique,
    batch text not null,
    entity text not null,
    sha256 text,
    bytes bigint,
    status text not null check (status in ('loaded', 'refused')),
    reason text,
    records integer not null,
    loaded_at timestamptz not null default now(),
    modified_ns bigint,
    changed_ns bigint,
    read_ns bigint,
    natural_order text collate "C" not null generated always as (ops.natural_order(path) || e'\x01' || path) stored,
    check ((status = 'refused') = (reason is not null)),
    check (status = 'loaded' or records = 0)
);

create index on ops.files (entity, batch);
create index on ops.files (batch);

comment on table ops.files is 'The ledger: one row per feed file, as it was last read. A file lands wholly or not at all.';
comment on column ops.files.path is 'Relative to the data folder, with forward slashes.';
comment on column ops.files.file_id is 'New whenever the content of the path changes.';
comment on column ops.files.batch is 'First folder of the path: the source of every row that came from it.';
comment on column ops.files.entity is 'What the file holds: agents, agent_details, admin_groups, roles, budgets, cards or transactions.';
comment on column ops.files.sha256 is 'Of the bytes on disk, in hexadecimal; null when they could not be read to the end unchanged.';
comment on column ops.files.bytes is 'Size on disk; null when unknown.';
comment on column ops.files.status is 'loaded, or refused: nothing of it landed.';
comment on column ops.files.reason is 'Why it was refused.';
comment on column ops.files.records is 'Records landed from it.';
comment on column ops.files.loaded_at is 'When this content was landed or refused.';
comment on column ops.files.modified_ns is 'mtime at the last check, in nanoseconds since 1970.';
comment on column ops.files.changed_ns is 'ctime at the last check, in nanoseconds since 1970.';
comment on column ops.files.read_ns is 'When the last check began. A file not touched for a while before it need not be hashed again.';
comment on column ops.files.natural_order is 'Sorts files as people do, 2.json before 10.json; unique.';


create table ops.unfinished_files (
    file_id bigint primary key,
    entity text not null
);

comment on table ops.unfinished_files is 'Large files in the middle of landing. Rows here at the start of a load are from one that was cut off: it sweeps them.';


create table raw.agents (
    file_id bigint not null,
    position integer not null,
    record jsonb,
    raw_text text,
    readable jsonb,
    problem text check (problem in ('invalid_json', 'unrepresentable_text')),
    problem_detail text,
    verdict jsonb,
    primary key (file_id, position),
    check (num_nonnulls(record, raw_text) = 1),
    check ((record is null) = (problem is not null))
);

comment on table raw.agents is 'One row per record of a landed file.';
comment on column raw.agents.file_id is 'The file, in ops.files.';
comment on column raw.agents.position is 'Of the record in its file, counted from 0.';
comment on column raw.agents.record is 'The source bytes; null when jsonb refuses them.';
comment on column raw.agents.raw_text is 'The source text, only where record is null; a NUL byte reads as U+2400.';
comment on column raw.agents.readable is 'Only where jsonb refuses valid JSON: the record with U+FFFD or null for what it refuses, so that its key can be read.';
comment on column raw.agents.problem is 'Why there is only text: invalid_json, or unrepresentable_text (JSON that jsonb refuses).';
comment on column raw.agents.problem_detail is 'The same in words.';
comment on column raw.agents.verdict is 'Where the record departs from its JSON Schema: path, rule, message, severity; null when nowhere.';

create table raw.agent_details (like raw.agents including all);
create table raw.admin_groups (like raw.agents including all);
create table raw.roles (like raw.agents including all);
create table raw.budgets (like raw.agents including all);
create table raw.cards (like raw.agents including all);
create table raw.transactions (like raw.agents including all);

comment on table raw.agent_details is 'One row per record of a landed file.';
comment on table raw.admin_groups is 'One row per record of a landed file.';
comment on table raw.roles is 'One row per record of a landed file.';
comment on table raw.budgets is 'One row per record of a landed file.';
comment on table raw.cards is 'One row per record of a landed file.';
comment on table raw.transactions is 'One row per record of a landed file.';
