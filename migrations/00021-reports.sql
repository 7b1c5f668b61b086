-- The numbers of reports, frozen in the transaction that published them: what a reader sees is what passed the tests.

create table ops.report_figures (
    frozen_in uuid not null,
    report text not null,
    figure text not null,
    definition text not null,
    frozen_at timestamptz not null,
    columns jsonb not null,
    rows jsonb not null,
    constraint report_figures_pkey primary key (frozen_in, report, figure)
);

comment on table ops.report_figures is 'The rows of a figure of a report, as one build found them.';
comment on column ops.report_figures.frozen_in is 'The run_id of that build in ops.runs.';
comment on column ops.report_figures.report is 'Unique id of the report: report.deskledger.people.';
comment on column ops.report_figures.definition is 'sha256 over what its SQL says.';
comment on column ops.report_figures.columns is 'Array of name and type (its OID), in the order of the query.';
comment on column ops.report_figures.rows is 'Array of rows, each an array of values in the order of the columns.';


create table ops.published_figures (
    run_id uuid not null,
    report text not null,
    figure text not null,
    published_at timestamptz not null,
    data_through date,
    frozen_in uuid,
    problem text,
    constraint published_figures_pkey primary key (run_id, report, figure),
    constraint published_figures_frozen_in_fkey
        foreign key (frozen_in, report, figure) references ops.report_figures (frozen_in, report, figure)
);

comment on table ops.published_figures is 'Which rows a publish shows for a figure: its own, or those of an earlier one where nothing that it reads has changed, or where it failed.';
comment on column ops.published_figures.run_id is 'The publish: a run_id of ops.runs.';
comment on column ops.published_figures.data_through is 'The last day of the feed that was in the warehouse.';
comment on column ops.published_figures.frozen_in is 'The build that found the rows; null where there are none yet.';
comment on column ops.published_figures.problem is 'Why these are not the rows of this publish.';
