import { compiledPath } from './artifacts.ts'
import type { Built } from './build.ts'
import type { Sql } from './database.ts'
import { numberText, plural, relation, rowsText } from './lines.ts'
import type { NodeResult } from './record.ts'
import { quote } from './relation.ts'

/** Open rows of an errors table. */
export interface Refused {
  table: string
  errors: number
  warnings: number
  /** Open errors before a trial. */
  before?: number
}

/** The closing lines of a build: how it ended, what changed, what was refused, what to do next. */
export function summaryOf(built: Built, seconds: number, refused: Refused[], folder: string): string[] {
  return [
    '',
    headline(built, seconds),
    ...(built.status === 'failed' ? [] : section('Changed', changedLines(built.results))),
    ...section('Refused', refusedLines(refused)),
    ...failureLines(built.results, folder),
    ...next(built, refused),
    '',
    tally(built.results),
  ]
}

/** dbt's last line: `Done. PASS=5 WARN=0 ERROR=0 SKIP=0 TOTAL=5`. */
export function tally(results: NodeResult[]): string {
  const count = (...statuses: NodeResult['status'][]) => results.filter(result => statuses.includes(result.status)).length
  return `Done. PASS=${count('success', 'pass')} WARN=${count('warn')} ERROR=${count('error', 'fail')} SKIP=${count('skipped')} TOTAL=${results.length}`
}

/** What failed or warned, each with its reason and its compiled SQL. */
export function failureLines(results: NodeResult[], folder: string): string[] {
  const titles: Partial<Record<NodeResult['status'], string>> = { error: 'Error in', fail: 'Failure in', warn: 'Warning in' }
  return results.flatMap(result => {
    const title = titles[result.status]
    if (!title) return []
    const { node, message } = result
    const where = `${node.place.file}${node.place.line ? `:${node.place.line}` : ''}`
    return [
      '',
      `${title} ${node.resourceType} ${node.name} (${where})`,
      ...(result.error ? [] : message.split('\n').map(line => `  ${line}`.trimEnd())),
      ...(result.compiled ? [`  compiled code at ${folder}/${compiledPath(node)}`] : []),
      ...(result.storedIn ? [`  failing rows in ${result.storedIn}`] : []),
    ]
  })
}

function headline({ status, results, problems }: Built, seconds: number): string {
  const of = (type: string, ...statuses: string[]) =>
    results.filter(result => result.node.resourceType === type && (statuses.length === 0 || statuses.includes(result.status))).length
  const parts = [
    of('seed') > 0 && plural(of('seed'), 'seed'),
    of('model') > 0 && plural(of('model'), 'model'),
    of('snapshot') > 0 && plural(of('snapshot'), 'snapshot'),
    of('unit_test') > 0 && `${plural(of('unit_test', 'pass'), 'unit test')} passed`,
    of('test') > 0 && `${plural(of('test', 'pass'), 'test')} passed`,
    of('test', 'warn') > 0 && plural(of('test', 'warn'), 'warning'),
  ].filter(Boolean)
  if (status === 'published') return `Published in ${seconds.toFixed(2)}s: ${parts.join(', ')}.`
  if (status === 'partial') return `Finished after ${seconds.toFixed(2)}s, with errors: what is shown as OK is there (--no-atomic).`
  if (status === 'trial') return `Planned in ${seconds.toFixed(2)}s: ${parts.join(', ')}. Nothing was changed.`
  const errors = results.filter(result => result.status === 'error' || result.status === 'fail').length + problems.length
  const skipped = results.filter(result => result.status === 'skipped').length
  return `Not published, after ${seconds.toFixed(2)}s: ${plural(errors, 'error')}${skipped > 0 ? `, ${numberText(skipped)} skipped` : ''}. Readers see what was published before.`
}

// Rows first, the last that was built on top: what readers query comes late in a build. Views are only counted.
function changedLines(results: NodeResult[]): string[] {
  const made = results.filter(({ status }) => status === 'success')
  const tables = made.filter(result => touched(result) > 0).reverse()
  const others = made.filter(result => result.inserted === null && !/^(UNCHANGED|EPHEMERAL)$/.test(result.message))
  if (tables.length + others.length === 0) return ['nothing: all rows are as they were']

  const shown = tables.slice(0, most)
  const width = Math.max(...shown.map(({ node }) => relation(node).length), 0)
  const rest = made.length - tables.length - others.length
  return [
    ...shown.map(result => `${relation(result.node).padEnd(width)}  ${rowsText(result)}`),
    ...(tables.length > most ? [`and ${numberText(tables.length - most)} more tables`] : []),
    ...(others.length > 0 ? [`${plural(others.length, 'view')} created or replaced`] : []),
    ...(rest > 0 ? [`${plural(rest, 'other relation')} as before`] : []),
  ]
}

const most = 30

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

function next({ status, results, problems }: Built, refused: Refused[]): string[] {
  if (status === 'failed' || status === 'partial') {
    const isTest = results.some(result => result.status === 'fail')
    const hint = isTest
      ? 'Next: open the compiled code, or run it again with --store-failures to keep the failing rows.'
      : 'Next: correct what is shown above and run it again.'
    return problems.length + results.length > 0 ? ['', hint] : []
  }
  if (refused.some(({ errors }) => errors > 0)) return ['', 'Next: npx tsx run.ts errors   (what was refused, and why)']
  return []
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map(line => `  ${line}`)]
}

/** Open errors and warnings by table, from every errors table that the database has. */
export async function openErrors(sql: Sql): Promise<Refused[]> {
  const tables = await errorTables(sql)
  if (tables.length === 0) return []
  const parts = tables.map(
    table => `
    select '${table.replaceAll("'", "''")}' as table,
        (count(*) filter (where severity = 'error'))::int as errors,
        (count(*) filter (where severity != 'error'))::int as warnings
    from errors.${quote(table)}
    where resolved_at is null`,
  )
  return sql.unsafe<Refused[]>(`select * from (${parts.join('\nunion all\n')}) as open where errors + warnings > 0 order by 1`)
}

/** Names of the tables of the schema errors that hold quarantined records. */
export async function errorTables(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select table_name as name from information_schema.columns
    where table_schema = 'errors' and column_name in ('severity', 'error_type', 'source', 'resolved_at')
    group by table_name
    having count(*) = 4
    order by table_name
  `
  return rows.map(row => row.name)
}

/** Open errors after a trial with those before it; a table that has none any more is in it too. */
export function compareErrors(before: Refused[], after: Refused[]): Refused[] {
  const gone = before.filter(({ table }) => !after.some(row => row.table === table)).map(({ table }) => ({ table, errors: 0, warnings: 0 }))
  return [...after, ...gone].map(row => ({ ...row, before: before.find(({ table }) => table === row.table)?.errors ?? 0 }))
}
