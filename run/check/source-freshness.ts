import { isOwnError, ProjectError } from '../base/errors.ts'
import { isRepeatable } from '../database/errors.ts'
import { isObject, type Value } from '../jinja/values.ts'
import { type Macro, type Node, type Project, RUNNER_PACKAGE } from '../manifest/node.ts'
import { relationOf } from '../manifest/relation.ts'
import { padded } from '../report/format.ts'
import { callMacro, type RunContext, renderText } from '../template/compile.ts'
import { macroBook, standInMacro } from '../template/macro-book.ts'

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

interface Measured {
  maxLoadedAt: string
  snapshottedAt: string
  age: number
}

/** The result of `source freshness` for one source. */
export interface FreshnessResult {
  node: Node
  status: 'pass' | 'warn' | 'error' | 'runtime error'
  startedAt: Date
  finishedAt: Date
  /** Newest row and time of the query (both ISO 8601), and the difference in seconds; undefined after a runtime error. */
  measured?: Measured
  threshold: Threshold
  error?: unknown
}

/** The thresholds of a source that has any. */
export function thresholdOf(node: Node): Threshold | undefined {
  const freshness = node.source?.freshness as Threshold | null | undefined
  return freshness?.warn_after || freshness?.error_after ? freshness : undefined
}

/** Asks how old the newest row of a source is, by the macros of dbt for it, which a project may override; an error becomes its result. */
export async function measure(project: Project, node: Node, context: RunContext): Promise<FreshnessResult> {
  const threshold = thresholdOf(node) ?? {}
  const startedAt = new Date()
  try {
    const measured = await newestOf(project, node, threshold, context)
    return { node, status: verdict(threshold, measured.age), startedAt, finishedAt: new Date(), measured, threshold }
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    return { node, status: 'runtime error', startedAt, finishedAt: new Date(), threshold, error: error as Error }
  }
}

const seconds = { minute: 60, hour: 3_600, day: 86_400 }

function verdict({ warn_after: warn, error_after: error }: Threshold, age: number): 'pass' | 'warn' | 'error' {
  const isOlder = (limit: Age | null | undefined) => limit?.count !== undefined && age > limit.count * seconds[limit.period]
  return isOlder(error) ? 'error' : isOlder(warn) ? 'warn' : 'pass'
}

async function newestOf(project: Project, node: Node, { filter }: Threshold, context: RunContext): Promise<Measured> {
  const { loadedAtField, loadedAtQuery } = node.source ?? {}
  const rendered = async (text: string) => (await renderText(project, node, text, node.place, context)).text
  if (!loadedAtField && !loadedAtQuery)
    throw new ProjectError(`The source ${node.sourceName}.${node.name} has freshness, but neither loaded_at_field nor loaded_at_query`, {
      place: node.place,
      hint: 'Add loaded_at_field: the column with the time at which a row was loaded. PostgreSQL does not record it.',
    })
  const source = relationOf(node)
  if (loadedAtQuery) return ask('collect_freshness_custom_sql', { source, loaded_at_query: await rendered(loadedAtQuery) })
  const [field, condition] = [await rendered(loadedAtField!), filter ? await rendered(filter) : null]
  return ask('collect_freshness', { source, loaded_at_field: field, filter: condition })

  async function ask(name: string, args: Record<string, unknown>): Promise<Measured> {
    const macro = standInMacro(project, name) ?? macroBook(project).runner.get(name)!
    const asked = callMacro(project, node, macro, args, context)
    if (macro.packageName !== RUNNER_PACKAGE) return measuredBy(macro, await asked)
    // The place in our own macro would not help.
    return measuredBy(
      macro,
      await asked.catch(error => {
        throw isOwnError(error) && !isRepeatable(error) ? explained(error as Error, node) : error
      }),
    )
  }
}

// The result of a statement, or its table, as dbt takes them: one row with the newest time and that of the question.
function measuredBy(macro: Macro, value: Value): Measured {
  const table = isObject(value) ? (value.get('table') ?? value) : undefined
  const [row, ...others] = itemsOf(table)
  const values = others.length === 0 ? itemsOf(row) : []
  const [newest, now] = values.length === 2 ? values.map(timeIn) : []
  if (newest === undefined || !now)
    throw new ProjectError(`The macro '${macro.name}' is to return one row of two timestamps: the newest of the source, and that of now`, {
      place: macro.place,
      hint: `Return load_result('…') of a statement such as: select max(loaded_at)::timestamptz, ${'{{ current_timestamp() }}'} from …`,
    })
  // dbt reports a source without rows as loaded at the beginning of time.
  const maxLoadedAt = newest ?? '0001-01-01T00:00:00Z'
  return { maxLoadedAt, snapshottedAt: now, age: (Date.parse(now) - Date.parse(maxLoadedAt)) / 1000 }
}

function itemsOf(value: Value | undefined): Value[] {
  return value !== undefined && isObject(value) ? (value.iterate?.() ?? []) : []
}

// A datetime in ISO 8601, in UTC like the session; null for NULL, undefined for what is no datetime.
function timeIn(value: Value): string | null | undefined {
  if (value === null) return null
  const iso = isObject(value) ? value.get('isoformat') : undefined
  const text = typeof iso === 'function' ? iso([], {}, { file: '' }) : undefined
  return typeof text === 'string' && text.includes('T') ? text.replace(/([+]00:00)?$/, 'Z') : undefined
}

function explained(error: Error, node: Node): Error {
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
