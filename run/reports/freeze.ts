import { sha256 } from '../base/hash.ts'
import type { Sql } from '../database/driver.ts'
import { meaningOf } from '../graph/meaning.ts'
import type { Figure, FigureOutcome, FigureRows } from '../manifest/figure.ts'

/** A publish that stores figures. */
export interface Publishing {
  runId: string
  /** The last day of data, YYYY-MM-DD; null without a feed. */
  through: string | null
}

/** Whether the database can store figures: without our migrations it cannot. */
export async function canFreeze(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ there: boolean }[]>`select to_regclass('ops.published_figures') is not null as there`
  return row?.there ?? false
}

/** Stores the results of a report's figures; for a failed figure the publish refers to the last stored rows. */
export async function freeze(sql: Sql, { runId, through }: Publishing, report: string, outcomes: FigureOutcome[]): Promise<void> {
  const figures = outcomes.map(({ figure, result, error }) => ({
    figure: figure.name,
    definition: figureDefinition(figure),
    columns: result?.columns ?? null,
    rows: result?.rows ?? null,
    problem: error?.message ?? null,
  }))
  await sql.unsafe(
    `with figures as (
        select * from jsonb_to_recordset($4::text::jsonb) as r (figure text, definition text, columns jsonb, rows jsonb, problem text)
    ),

    frozen as (
        insert into ops.report_figures (frozen_in, report, figure, definition, frozen_at, columns, rows)
        select $1::uuid, $2::text, figure, definition, now(), columns, rows from figures where problem is null
    )

    insert into ops.published_figures (run_id, report, figure, published_at, data_through, frozen_in, problem)
    select $1::uuid, $2::text, figures.figure, now(), $3::text::date, case when figures.problem is null then $1::uuid else last.frozen_in end, figures.problem
    from figures
    left join lateral (
        select frozen_in from ops.published_figures as published
        where published.report = $2 and published.figure = figures.figure
        order by published_at desc
        limit 1
    ) as last on true`,
    [runId, report, through, JSON.stringify(figures)],
  )
}

/** For reports with unchanged parents: the publish refers to the rows of the previous one. */
export async function pointToLast(sql: Sql, { runId, through }: Publishing, reports: string[]): Promise<void> {
  if (reports.length === 0) return
  await sql.unsafe(
    `insert into ops.published_figures (run_id, report, figure, published_at, data_through, frozen_in, problem)
    select $1::uuid, report, figure, now(), $2::text::date, frozen_in, problem
    from (select *, dense_rank() over (partition by report order by published_at desc) as age from ops.published_figures) as published
    where age = 1 and report = any($3)`,
    [runId, through, reports],
  )
}

/** Deletes all but the last publishes of each report, and the rows that none of them uses. */
export async function forgetOld(sql: Sql, keep: number): Promise<void> {
  await sql.unsafe(
    `with aged as (
        select *, dense_rank() over (partition by report order by published_at desc) as age from ops.published_figures
    ),

    gone as (
        delete from ops.published_figures as published using aged
        where aged.age > $1 and published.run_id = aged.run_id and published.report = aged.report and published.figure = aged.figure
    )

    delete from ops.report_figures as figures
    where not exists (
        select from aged
        where age <= $1 and aged.frozen_in = figures.frozen_in and aged.report = figures.report and aged.figure = figures.figure
    )`,
    [keep],
  )
}

/** A figure in the last publish of its report. */
export interface Shown extends Partial<FigureRows> {
  /** Undefined without rows so far. */
  frozen?: { runId: string; at: string }
  definition: string | null
  problem: string | null
}

/** The last publish of a report. */
export interface ShownReport {
  /** Null for a trial. */
  published: { runId: string; at: string } | null
  through: string | null
  /** By figure name. */
  figures: Map<string, Shown>
}

/** The last publish of each report, by unique id. Instants are ISO 8601. */
export async function shownReports(sql: Sql): Promise<Map<string, ShownReport>> {
  const found = new Map<string, ShownReport>()
  if (!(await canFreeze(sql))) return found
  const rows = await sql<ShownRow[]>`
    select
        report, figure, run_id, published_at, data_through, problem, frozen_in, frozen_at, definition,
        columns, rows
    from (select *, dense_rank() over (partition by report order by published_at desc) as age from ops.published_figures) as published
    left join ops.report_figures using (frozen_in, report, figure)
    where age = 1
    order by report, figure`
  for (const row of rows) {
    const published = { runId: row.run_id, at: row.published_at }
    const report = found.get(row.report) ?? { published, through: row.data_through, figures: new Map<string, Shown>() }
    found.set(row.report, report)
    report.figures.set(row.figure, {
      definition: row.definition,
      problem: row.problem,
      ...(row.columns && row.rows ? { columns: row.columns, rows: row.rows } : {}),
      ...(row.frozen_in && row.frozen_at ? { frozen: { runId: row.frozen_in, at: row.frozen_at } } : {}),
    })
  }
  return found
}

interface ShownRow {
  report: string
  figure: string
  run_id: string
  published_at: string
  data_through: string | null
  problem: string | null
  frozen_in: string | null
  frozen_at: string | null
  definition: string | null
  columns: FigureRows['columns'] | null
  rows: FigureRows['rows'] | null
}

/** Identifies the SQL of a figure: stored rows with another value belong to another SQL. */
export function figureDefinition({ sql }: Figure): string {
  return sha256(meaningOf(sql))
}
