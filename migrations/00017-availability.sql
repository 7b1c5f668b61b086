-- Availability as Freshdesk says it at a moment, and roles as the list of agents has them.

create table raw.agent_availability (like raw.agents including all);
create table raw.agent_availability_repeats (like raw.agents_repeats including all);

comment on table raw.agent_availability is 'One row per content: a record at the first place where it landed.';

alter table core.agent_availability
    add column observed_on date,
    add column assignment_limit integer,
    add column current_load integer,
    add column is_logged_in boolean,
    add column status_id bigint;

alter table core.agent_role_history add column is_from_start boolean;
