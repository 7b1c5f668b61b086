-- The delete guard (R5): a snapshot that lists far fewer than the one before it counts only when somebody said so.

create table ops.accepted_shrinks (
    batch text not null,
    entity text not null,
    before bigint not null,
    listed bigint not null,
    accepted_at timestamptz not null default now(),
    constraint accepted_shrinks_pkey primary key (batch, entity)
);

comment on table ops.accepted_shrinks is 'Shrunk snapshots that take part in absence all the same, by build --accept-shrink. To take one back, delete its row and build with --full-refresh.';
comment on column ops.accepted_shrinks.before is 'How many the snapshot before it listed.';
comment on column ops.accepted_shrinks.listed is 'How many it lists.';
