-- The help desk: what readers query. Keys and foreign keys always hold; foreign keys are checked once, at the end of a build.

create table core.agents (
    agent_id bigint not null,
    name text,
    email text,
    job_title text,
    language text,
    time_zone text,
    phone text,
    mobile text,
    agent_type text,
    is_available boolean,
    available_since timestamptz,
    operational_status text,
    is_occasional boolean,
    is_focus_mode boolean,
    is_deactivated boolean,
    is_active boolean not null,
    created_at timestamptz,
    updated_at timestamptz,
    last_active_at timestamptz,
    first_seen_on date,
    last_seen_on date,
    source text not null,
    constraint agents_pkey primary key (agent_id),
    constraint agents_agent_id_positive check (agent_id > 0)
);

create table core.agent_details (
    agent_id bigint not null,
    org_agent_id text,
    ticket_scope integer,
    signature text,
    avatar jsonb,
    last_login_at timestamptz,
    is_freshchat_agent boolean,
    skill_ids jsonb,
    source text not null,
    constraint agent_details_pkey primary key (agent_id),
    constraint agent_details_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint agent_details_avatar_object check (jsonb_typeof(avatar) = 'object'),
    constraint agent_details_skill_ids_array check (jsonb_typeof(skill_ids) = 'array')
);

create table core.groups (
    group_id bigint not null,
    name text not null,
    description text,
    parent_group_id bigint,
    group_type text,
    escalate_to_agent_id bigint,
    unassigned_for text,
    business_calendar_id bigint,
    is_active boolean not null,
    created_at timestamptz,
    updated_at timestamptz,
    first_seen_on date,
    last_seen_on date,
    source text not null,
    constraint groups_pkey primary key (group_id),
    constraint groups_group_id_positive check (group_id > 0),
    constraint groups_parent_group_id_fkey foreign key (parent_group_id) references core.groups (group_id) deferrable initially deferred,
    constraint groups_escalate_to_agent_id_fkey foreign key (escalate_to_agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint groups_seen_in_order check (first_seen_on <= last_seen_on)
);

create table core.group_membership (
    group_id bigint not null,
    agent_id bigint not null,
    joined_on date,
    source text not null,
    constraint group_membership_pkey primary key (group_id, agent_id),
    constraint group_membership_group_id_fkey foreign key (group_id) references core.groups (group_id) deferrable initially deferred,
    constraint group_membership_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred
);

create index group_membership_agent_id on core.group_membership (agent_id);

create table core.roles (
    role_id bigint not null,
    name text not null,
    description text,
    is_default boolean,
    agent_type integer,
    created_at timestamptz,
    updated_at timestamptz,
    first_seen_on date,
    last_seen_on date,
    source text not null,
    constraint roles_pkey primary key (role_id),
    constraint roles_role_id_positive check (role_id > 0),
    constraint roles_seen_in_order check (first_seen_on <= last_seen_on)
);

create table core.agent_role_mapping (
    agent_id bigint not null,
    role_id bigint not null,
    status text not null,
    assigned_at timestamptz not null,
    removed_at timestamptz,
    source text not null,
    constraint agent_role_mapping_pkey primary key (agent_id, role_id),
    constraint agent_role_mapping_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint agent_role_mapping_role_id_fkey foreign key (role_id) references core.roles (role_id) deferrable initially deferred,
    constraint agent_role_mapping_status check (status in ('assigned', 'removed')),
    constraint agent_role_mapping_removed check ((status = 'removed') = (removed_at is not null)),
    constraint agent_role_mapping_in_order check (assigned_at < removed_at)
);

create index agent_role_mapping_role_id on core.agent_role_mapping (role_id);

create table core.agent_role_history (
    agent_id bigint not null,
    role_id bigint not null,
    action_at timestamptz not null,
    action text not null,
    source text not null,
    constraint agent_role_history_pkey primary key (agent_id, role_id, action_at, action),
    constraint agent_role_history_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint agent_role_history_role_id_fkey foreign key (role_id) references core.roles (role_id) deferrable initially deferred,
    constraint agent_role_history_action check (action in ('assigned', 'removed'))
);

create table core.agent_availability (
    agent_id bigint not null,
    channel text not null,
    is_available boolean,
    available_since timestamptz,
    source text not null,
    constraint agent_availability_pkey primary key (agent_id, channel),
    constraint agent_availability_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred
);

create table core.agent_status_history (
    agent_id bigint not null,
    sync_date date not null,
    is_active boolean not null,
    is_deactivated boolean,
    is_listed boolean not null,
    operational_status text,
    is_available boolean,
    source text not null,
    constraint agent_status_history_pkey primary key (agent_id, sync_date),
    constraint agent_status_history_agent_id_fkey foreign key (agent_id) references core.agents (agent_id) deferrable initially deferred,
    constraint agent_status_history_active check (is_active = (is_listed and is_deactivated is not true))
);

create index agent_status_history_sync_date on core.agent_status_history (sync_date);
