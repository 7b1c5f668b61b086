-- What each published node has seen of what it reads: where nothing of that has changed, a build passes it over.

alter table ops.nodes
    add column mark jsonb,
    add column seen jsonb,
    add column reads_more boolean not null default false,
    add column described text,
    add column verdict jsonb;

comment on table ops.nodes is 'What is published: one row per model, seed and test, written in the transaction that made it.';
comment on column ops.nodes.fingerprint is 'sha256 over its source, its config, the macros that it calls and the variables that these name; another one makes it anew.';
comment on column ops.nodes.mark is 'What stands for its rows (rows), for what made them but landing (remade) and for its columns (columns): another text after each build that changed that. Null of a test.';
comment on column ops.nodes.seen is 'The marks of all that it reads, as it saw them.';
comment on column ops.nodes.reads_more is 'Whether its SQL reads what has no mark: the time, chance, the catalogue, relations that it names without ref() or source(). It always runs.';
comment on column ops.nodes.described is 'sha256 over its descriptions and grants.';
comment on column ops.nodes.verdict is 'Of a data test: its status, failures and message.';


-- A view: what stands for a source is read off the ledger, and can be neither forgotten nor out of date.
create view ops.source_stamps as
with landed as (
    select
        relname as entity,
        (select coalesce(max(changed_in), 0) from ops.batches where entity = relname)::text as stamp
    from pg_class
    where relnamespace = to_regnamespace('raw') and relkind in ('r', 'p') and right(relname, 8) <> '_repeats'
)
select home || '.' || entity as source, stamp
from landed
cross join (values ('raw'), ('repeats')) as homes (home)
union all
select 'ops.' || name, (select coalesce(max(changed_in), 0) from ops.batches)::text
from (values ('batches'), ('files'), ('former_files'), ('markers'), ('accepted_shrinks')) as names (name)
union all
select 'ops.touched', coalesce(max(changed_in), 0)::text from ops.touched
union all
select 'ops.retired_records', count(*) || ' ' || coalesce(sum(staged + duplicates), 0) from ops.retired_records;

comment on view ops.source_stamps is 'What stands for the content of a source of this warehouse: another text whenever it may have changed.';
comment on column ops.source_stamps.source is 'As source() names it: raw.agents.';
comment on column ops.source_stamps.stamp is 'Of landing: the highest changed_in of the entity.';
