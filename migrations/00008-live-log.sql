-- The log while it is being written: each node as it begins and ends, and each load as it goes. All of it is written apart from the build's transaction.

comment on column ops.run_nodes.status is 'running until it has ended; then success, error, skipped of models and seeds; pass, warn, fail, error, skipped of tests. What ended in a build that failed was rolled back with it.';


create table ops.loads (
    load_id uuid not null,
    sequence bigint not null generated always as identity,
    command text not null,
    folder text not null,
    status text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    files_to_read integer not null default 0,
    files_begun integer not null default 0,
    bytes_to_read bigint not null default 0,
    bytes_read bigint not null default 0,
    current_file text,
    records bigint,
    rejected jsonb,
    refused_files integer,
    pruned_files integer,
    message text,
    constraint loads_pkey primary key (load_id),
    constraint loads_sequence unique (sequence),
    constraint loads_status check (status in ('running', 'finished', 'failed', 'interrupted'))
);

comment on table ops.loads is 'One row per load that had something to read, by load or by build. Its files are in ops.files as soon as they have landed.';
comment on column ops.loads.load_id is 'The run_id of the build in ops.runs that it belongs to, if any.';
comment on column ops.loads.status is 'running; finished; failed; interrupted: what had landed until then stays.';
comment on column ops.loads.current_file is 'The file that was begun last, relative to the folder; null when the load has ended.';
comment on column ops.loads.rejected is 'Records that do not conform to their JSON Schema, by reason; SQL has the last word, in the errors tables.';


create view ops.refused_files as
select batch, entity, path, reason, loaded_at as refused_at
from ops.files
where status = 'refused';

comment on view ops.refused_files is 'Files that were refused whole, with the reason: nothing of them landed.';
