-- Records that `clean --landing` took out of landing, counted, so that the books of their files still balance (R7).

create table ops.retired_records (
    file_id bigint not null,
    staged bigint not null,
    duplicates bigint not null,
    constraint retired_records_pkey primary key (file_id),
    constraint retired_records_file_id_fkey foreign key (file_id) references ops.files (file_id) on delete cascade
);

comment on table ops.retired_records is 'How many records of a file clean --landing took out of landing; none of them had a finding, and later or earlier records of their keys stand for them.';
comment on column ops.retired_records.staged is 'Of them, those that were accepted.';
comment on column ops.retired_records.duplicates is 'Of them, exact repetitions of one that was accepted.';
