-- The log of runs, written apart from a build's transaction so that a failed build is in it too; and what is published, written inside it.

create table ops.runs (
    run_id uuid not null,
    sequence bigint not null generated always as identity,
    command text not null,
    status text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    project_fingerprint text,
    landed_in bigint,
    is_whole boolean not null default false,
    message text,
    constraint runs_pkey primary key (run_id),
    constraint runs_sequence unique (sequence),
    constraint runs_status check (status in ('running', 'published', 'unchanged', 'tested', 'failed', 'interrupted'))
);

comment on table ops.runs is 'One row per build, run, seed or test.';
comment on column ops.runs.sequence is 'Order of the starts.';
comment on column ops.runs.status is 'published: committed; unchanged: nothing was new, so nothing was done; tested: a test run that passed; failed, interrupted: rolled back.';
comment on column ops.runs.project_fingerprint is 'sha256 over all nodes, tests and variables of the project.';
comment on column ops.runs.landed_in is 'Highest ops.batches.changed_in that the run saw.';
comment on column ops.runs.is_whole is 'Whether it was the whole project, not a selection.';
comment on column ops.runs.message is 'What happened, in a sentence.';


create table ops.run_nodes (
    run_id uuid not null,
    unique_id text not null,
    resource_type text not null,
    relation text,
    status text not null,
    started_at timestamptz,
    finished_at timestamptz,
    rows_inserted bigint,
    rows_updated bigint,
    rows_deleted bigint,
    rows_unchanged bigint,
    failures bigint,
    message text,
    constraint run_nodes_pkey primary key (run_id, unique_id),
    constraint run_nodes_run_id_fkey foreign key (run_id) references ops.runs (run_id) on delete cascade
);

comment on table ops.run_nodes is 'One row per model, seed and test of a run.';
comment on column ops.run_nodes.status is 'success, error, skipped of models and seeds; pass, warn, fail, error, skipped of tests.';
comment on column ops.run_nodes.failures is 'Of a test: what its fail_calc gave.';


create table ops.nodes (
    unique_id text not null,
    relation text not null,
    fingerprint text not null,
    landed_in bigint not null,
    published_at timestamptz not null,
    constraint nodes_pkey primary key (unique_id)
);

comment on table ops.nodes is 'What is published: one row per model and seed, written in the transaction that made it.';
comment on column ops.nodes.fingerprint is 'sha256 over its source, its config and all that it depends on; another one makes it anew.';
comment on column ops.nodes.landed_in is 'All changes of ops.batches up to this changed_in are in it.';
