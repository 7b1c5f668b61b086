import { isOwnError, ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import type { Node, Project } from '../manifest/node.ts'
import { padded } from '../report/format.ts'
import { type RunContext, renderText } from '../template/compile.ts'

/** The maximum age of a source's newest row: dbt's `freshness:`. */
export interface Threshold {
  warn_after?: Age | null
  error_after?: Age | null
  filter?: string | null
}

interface Age {
  count: number
  period: 'minute' | 'hour' | 'day'
}

/** The result of `source freshness` for one source. */
export interface FreshnessResult {
  node: Node
  status: 'pass' | 'warn' | 'error' | 'runtime error'
  startedAt: Date
  finishedAt: Date
  /** Newest row and time of the query (both ISO 8601), and the difference in seconds; undefined after a runtime error. */
  measured?: { maxLoadedAt: string; snapshottedAt: string; age: number }
  threshold: Threshold
  error?: unknown
}

/** The thresholds of a source that has any. */
export function thresholdOf(node: Node): Threshold | undefined {
  const freshness = node.source?.freshness as Threshold | null | undefined
  return freshness?.warn_after || freshness?.error_after ? freshness : undefined
}

/** Queries the newest row of a source; an error becomes its result. */
export async function measure(sql: Sql, project: Project, node: Node, context: RunContext): Promise<FreshnessResult> {
  const threshold = thresholdOf(node) ?? {}
  const startedAt = new Date()
  try {
    const query = await questionOf(project, node, threshold, context)
    const [row] = await sql.unsafe<{ newest: string | null; now: string; age: number }[]>(query)
    // dbt reports a source without rows as loaded at the beginning of time.
    const measured = { maxLoadedAt: row!.newest ?? '0001-01-01T00:00:00Z', snapshottedAt: row!.now, age: row!.age }
    return { node, status: verdict(threshold, measured.age), startedAt, finishedAt: new Date(), measured, threshold }
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    return { node, status: 'runtime error', startedAt, finishedAt: new Date(), threshold, error: explained(error as Error, node) }
  }
}

const seconds = { minute: 60, hour: 3_600, day: 86_400 }

function verdict({ warn_after: warn, error_after: error }: Threshold, age: number): 'pass' | 'warn' | 'error' {
  const isOlder = (limit: Age | null | undefined) => limit?.count !== undefined && age > limit.count * seconds[limit.period]
  return isOlder(error) ? 'error' : isOlder(warn) ? 'warn' : 'pass'
}

async function questionOf(project: Project, node: Node, { filter }: Threshold, context: RunContext): Promise<string> {
  const { loadedAtField, loadedAtQuery } = node.source ?? {}
  const render = async (text: string) => (await renderText(project, node, text, node.place, context)).text
  if (!loadedAtField && !loadedAtQuery)
    throw new ProjectError(`The source ${node.sourceName}.${node.name} has freshness, but neither loaded_at_field nor loaded_at_query`, {
      place: node.place,
      hint: 'Add loaded_at_field: the column that says when a row came. PostgreSQL itself does not know it.',
    })
  const newest = loadedAtQuery
    ? `(${await render(loadedAtQuery)})`
    : `(select max(${await render(loadedAtField!)}) from ${node.relationName}${filter ? ` where ${await render(filter)}` : ''})`
  return `select
    newest,
    asked.now,
    coalesce(extract(epoch from asked.now - newest), extract(epoch from asked.now - '0001-01-01 00:00:00+00'::timestamptz))::float8 as age
from (select ${newest}::timestamptz as newest, clock_timestamp() as now) as asked`
}

function explained(error: Error, node: Node): Error {
  if (error instanceof ProjectError) return error
  return new ProjectError(`The freshness of ${node.sourceName}.${node.name} could not be read: ${error.message}`, { place: node.place })
}

/** `1 of 2 WARN freshness of shop.orders … [WARN in 0.01s]` */
export function freshnessLine({ node, status, startedAt, finishedAt }: FreshnessResult, index: number, total: number): string {
  const word = { pass: 'PASS', warn: 'WARN', error: 'ERROR STALE', 'runtime error': 'ERROR' }[status]
  const seconds = ((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(2)
  return padded(
    `${index} of ${total} ${word} freshness of ${node.sourceName}.${node.name}`,
    `${word} in ${seconds}s`,
    Number.POSITIVE_INFINITY,
  )
}
