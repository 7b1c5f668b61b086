import { compiledPath } from '../artifacts/run-results.ts'
import { placeText } from '../base/codeframe.ts'
import type { Place } from '../base/errors.ts'
import { inOneLine } from '../base/sanitize.ts'
import type { NodeResult } from '../manifest/result.ts'
import { completed, finished, tally } from '../report/dbt-lines.ts'
import { type Event, nodeInfo } from '../report/events.ts'
import { numberText, plural, relation, rowsText } from '../report/format.ts'
import type { Alert, FeedAge, FeedState } from './feed-state.ts'
import type { Built } from './plan.ts'

/** Open rows of an errors table. */
export interface Refused {
  table: string
  errors: number
  warnings: number
  /** Open errors before a trial. */
  before?: number
}

/** What a summary reports besides the build: the state of the feed, and open errors as a replay compares them. */
export interface Told {
  feed?: FeedState | undefined
  /** When this build was published; null when it was not. */
  publishedAt?: Date | null
  refused: Refused[]
}

/** The closing parts of a build: how it ended, what to look at, what changed, what is newly wrong, what failed, what to do next. */
export function summaryOf(built: Built, seconds: number, { feed, publishedAt, refused }: Told, folder: string): Event[] {
  return [
    finished(built.results, seconds),
    headline(built),
    ...(feed ? feedParts(feed, publishedAt) : []),
    ...(built.status === 'failed' ? [] : section('Changed', changedLines(built.results))),
    ...section('Refused', refusedLines(refused)),
    ...(feed ? newErrorParts(feed.errors) : []),
    ...failureParts(built.results, folder),
    ...next(built, refused.some(({ errors }) => errors > 0) || Boolean(feed?.errors.new.length)),
    tally(built.results),
  ]
}

/** The state of the feed: the last day with data, when it was published (null: it was not; undefined: nobody tried), and its alerts. */
export function feedParts({ through, alerts }: FeedAge, publishedAt?: Date | null): Event[] {
  const published = publishedAt === undefined ? '' : publishedAt ? `, published ${timeText(publishedAt)}` : ', not published'
  const data = { through, published_at: publishedAt?.toISOString() ?? null, alerts }
  return [
    ...(through === null ? [] : [{ name: 'Summary', msg: `Data through ${through}${published}.`, data, isNear: true } as const]),
    ...section('Needs attention', alerts.flatMap(alertLines)),
  ]
}

/** `08:12 UTC`; with the day where it is not today. */
export function timeText(time: Date, now = new Date()): string {
  const [day = '', clock = ''] = time.toISOString().split('T')
  return `${now.toISOString().startsWith(day) ? '' : `${day} `}${clock.slice(0, 5)} UTC`
}

/** An alert and its next step. */
export function alertLines({ message, hint }: Alert): string[] {
  return [inOneLine(message), `  → ${inOneLine(hint)}`]
}

/** New errors and warnings, by table and type with an example, and one line for those that existed before. */
export function newErrorParts({ new: found, standing }: FeedState['errors']): Event[] {
  const lines = (severity: string) => {
    const all = found.filter(row => (row.severity === 'error') === (severity === 'error'))
    const own = all.slice(0, KINDS)
    const rest = all.length - own.length
    const width = Math.max(0, ...own.map(({ table, error_type: type }) => table.length + type.length + 2))
    const lines = own.flatMap(({ table, error_type: type, count, example }) => [
      `${`${table}  ${type}`.padEnd(width)}  ${numberText(count)}`,
      `  ${inOneLine(example).slice(0, EXAMPLE)}`,
    ])
    return rest > 0 ? [...lines, `and ${plural(rest, 'more kind')}`] : lines
  }
  const { errors, warnings } = standing
  const before = [errors > 0 && plural(errors, 'error'), warnings > 0 && plural(warnings, 'warning')].filter(Boolean).join(' and ')
  return [
    ...section('New errors', lines('error')),
    ...section('New warnings', lines('warning')),
    ...(before ? [{ name: 'Summary', msg: `Known from earlier batches: ${before}` } as const] : []),
  ]
}

const EXAMPLE = 160

/** How many kinds of errors, and of warnings, are listed one by one. */
const KINDS = 10

/** How a build ended, in a sentence or two. */
export function headline({ status, results, problems }: Built): Event {
  const event = completed(results, problems.length)
  return { ...event, msg: `${event.msg}. ${ENDS[status]}` }
}

const ENDS: Record<Built['status'], string> = {
  published: 'Published: readers see the new version.',
  partial: 'The nodes shown as OK were kept (--no-atomic).',
  trial: 'Planned: nothing was changed.',
  failed: 'Not published: readers see what was published before.',
}

/** What failed or warned, each with its reason and its compiled SQL; an error gets one line, as it was reported in full before. */
export function failureParts(results: NodeResult[], folder: string): Event[] {
  return results
    .filter(({ status }) => TITLES[status])
    .sort((left, right) => Number(!left.error) - Number(!right.error))
    .map((result, index, all): Event => {
      const [title, name] = TITLES[result.status]!
      const { node, message, error, status } = result
      const data = { node_info: nodeInfo(node, result) }
      if (error) {
        const place = (error as { place?: Place }).place ?? node.place
        const msg = `${title} ${node.resourceType} ${node.name} (${placeText(place)}): ${message.split('\n')[0]}`
        return { name, msg, level: 'error', data, isNear: index > 0 && Boolean(all[index - 1]?.error) }
      }
      const lines = [
        `${title} ${node.resourceType} ${node.name} (${placeText({ file: node.place.file, ...(node.place.line ? { line: node.place.line } : {}) })})`,
        ...message.split('\n').map(line => `  ${line}`.trimEnd()),
        ...compiledLine(result, folder).map(line => `  ${line}`),
        ...(result.storedIn ? [`  failing rows in ${result.storedIn}`] : []),
      ]
      return { name, msg: lines.join('\n'), level: status === 'warn' ? 'warn' : 'error', data }
    })
}

/** `compiled code at target/compiled/…`, where there is any. */
export function compiledLine({ node, compiled }: NodeResult, folder: string): string[] {
  return compiled ? [`compiled code at ${folder}/${compiledPath(node)}`] : []
}

const TITLES: Partial<Record<NodeResult['status'], [title: string, name: Event['name']]>> = {
  error: ['Error in', 'RunResultError'],
  fail: ['Failure in', 'RunResultFailure'],
  warn: ['Warning in', 'RunResultWarning'],
}

// Nodes with rows first, the last built on top: what readers query comes late in a build. Views are only counted.
function changedLines(results: NodeResult[]): string[] {
  const made = results.filter(({ status }) => status === 'success')
  const tables = made.filter(result => touched(result) > 0).reverse()
  const others = made.filter(result => result.inserted === null && !/^(UNCHANGED|EPHEMERAL|REUSED)$/.test(result.message))
  if (tables.length + others.length === 0) return ['nothing: no row changed']

  const shown = tables.slice(0, most)
  const width = Math.max(...shown.map(({ node }) => relation(node).length), 0)
  const rest = made.length - tables.length - others.length
  return [
    ...shown.map(result => `${relation(result.node).padEnd(width)}  ${rowsText(result)}`),
    ...(tables.length > most ? [`and ${numberText(tables.length - most)} more tables`] : []),
    ...(others.length > 0 ? [`${plural(others.length, 'view')} created or replaced`] : []),
    ...(rest > 0 ? [`${plural(rest, 'other relation')} unchanged`] : []),
  ]
}

const most = 15

function touched({ inserted, updated, deleted }: NodeResult): number {
  return (inserted ?? 0) + (updated ?? 0) + (deleted ?? 0)
}

function refusedLines(refused: Refused[]): string[] {
  const width = Math.max(0, ...refused.map(({ table }) => table.length))
  return refused.map(({ table, errors, warnings, before = errors }) => {
    const change = before === errors ? '' : ` (${errors > before ? 'up' : 'down'} from ${numberText(before)})`
    const parts = [(errors > 0 || before > 0) && plural(errors, 'open error') + change, warnings > 0 && plural(warnings, 'warning')].filter(
      Boolean,
    )
    return `${table.padEnd(width)}  ${parts.join(', ')}`
  })
}

function next({ status, results, problems }: Built, isRefused: boolean): Event[] {
  if (status === 'failed' || status === 'partial') {
    const isTest = results.some(result => result.status === 'fail')
    const hint = isTest
      ? 'Next: open the compiled code, or run it again with --store-failures to keep the failing rows.'
      : 'Next: correct what is shown above and run it again.'
    return problems.length + results.length > 0 ? [{ name: 'Summary', msg: hint }] : []
  }
  if (isRefused) return [{ name: 'Summary', msg: 'Next: npx tsx run.ts errors   (what was refused, and why)' }]
  return []
}

function section(title: string, lines: string[]): Event[] {
  return lines.length === 0 ? [] : [{ name: 'Summary', msg: [title, ...lines.map(line => `  ${line}`)].join('\n') }]
}

/** Pairs open errors after a trial with those before it; includes tables that have none any more. */
export function compareErrors(before: Refused[], after: Refused[]): Refused[] {
  const gone = before.filter(({ table }) => !after.some(row => row.table === table)).map(({ table }) => ({ table, errors: 0, warnings: 0 }))
  return [...after, ...gone].map(row => ({ ...row, before: before.find(({ table }) => table === row.table)?.errors ?? 0 }))
}
