-- Who only reads: the role deskledger_reader sees core and marts, and nothing of raw, staging, errors and ops, which hold records as they came.
-- Give it to people: grant deskledger_reader to somebody.

create function ops.admit_readers() returns text
language plpgsql
as $$
begin
    if not exists (select from pg_roles where rolname = 'deskledger_reader') then
        begin
            create role deskledger_reader nologin;
        exception
            when insufficient_privilege then
                return 'not admitted: only a user with CREATEROLE can make the role deskledger_reader; when it is there, call this again';
            when duplicate_object or unique_violation then
                null; -- made by somebody else at this moment
        end;
    end if;

    grant usage on schema core, marts to deskledger_reader;
    grant select on all tables in schema core, marts to deskledger_reader;

    -- What later builds and migrations of this user make there too.
    alter default privileges in schema core, marts grant select on tables to deskledger_reader;
    return 'admitted';
end
$$;

comment on function ops.admit_readers() is 'Lets the role deskledger_reader read core and marts, and makes it where that is allowed. Can be called again.';

select ops.admit_readers();
