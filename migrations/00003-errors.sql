-- What was wrong with the feed: one row per failed rule (R9, R10). No bad record is lost: each row holds the record.
-- An error that a later build no longer finds keeps its row and gets a resolved_at.

create table errors.agent_pipeline_errors (
    error_id uuid not null,
    agent_id bigint,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint agent_pipeline_errors_pkey primary key (error_id),
    constraint agent_pipeline_errors_severity check (severity in ('error', 'warning'))
);

create table errors.group_pipeline_errors (
    error_id uuid not null,
    group_id bigint,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint group_pipeline_errors_pkey primary key (error_id),
    constraint group_pipeline_errors_severity check (severity in ('error', 'warning'))
);

create table errors.role_pipeline_errors (
    error_id uuid not null,
    role_id bigint,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint role_pipeline_errors_pkey primary key (error_id),
    constraint role_pipeline_errors_severity check (severity in ('error', 'warning'))
);

create table errors.agent_role_pipeline_errors (
    error_id uuid not null,
    agent_id bigint,
    role_id bigint,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint agent_role_pipeline_errors_pkey primary key (error_id),
    constraint agent_role_pipeline_errors_severity check (severity in ('error', 'warning'))
);

create table errors.budget_pipeline_errors (
    error_id uuid not null,
    budget_id text,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint budget_pipeline_errors_pkey primary key (error_id),
    constraint budget_pipeline_errors_severity check (severity in ('error', 'warning'))
);

create table errors.card_pipeline_errors (
    error_id uuid not null,
    card_id text,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint card_pipeline_errors_pkey primary key (error_id),
    constraint card_pipeline_errors_severity check (severity in ('error', 'warning'))
);

create table errors.transaction_pipeline_errors (
    error_id uuid not null,
    transaction_id text,
    severity text not null,
    error_type text not null,
    error_message text not null,
    field text,
    raw_record jsonb,
    raw_text text,
    source text not null,
    file text,
    position integer,
    first_seen_at timestamptz not null,
    resolved_at timestamptz,
    constraint transaction_pipeline_errors_pkey primary key (error_id),
    constraint transaction_pipeline_errors_severity check (severity in ('error', 'warning'))
);
