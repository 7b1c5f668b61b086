import type { Changes, ErrorKind, TableChange } from './changes-shape.ts'

/** The change in Markdown, short enough for the description of a pull request; texts of the feed are escaped. */
export function changesMarkdown(changes: Changes): string {
  const { title, command, tables, same, tests, errors, moved, problems, feed } = changes
  const failing = tests?.failing.filter(({ status }) => status !== 'skipped') ?? []
  return [
    `### ${text(title)}`,
    '',
    verdict(changes),
    ...problems.map(problem => `- ✗ ${text(problem)}`),
    ...(failing.length > 0
      ? [
          '',
          ...some(
            failing,
            one => `- ${one.status === 'warn' ? '!' : '✗'} test ${code(one.name)}: ${text(one.message.split('\n')[0] ?? '')}`,
          ),
        ]
      : []),
    ...(feed && feed.landed.length > 0
      ? ['', `New in the feed: ${feed.landed.slice(0, FEW).map(text).join('; ')}${more(feed.landed.length)}.`]
      : []),
    ...(tables.length > 0
      ? ['', '| Table | Rows | Added | Changed | Removed | Columns |', '|---|--:|--:|--:|--:|---|', ...tables.slice(0, MOST).map(tableLine)]
      : []),
    ...(tables.length > MOST ? [``, `and ${tables.length - MOST} more tables`] : []),
    ...(same > 0 ? ['', `${same} ${same === 1 ? 'table' : 'tables'} as before.`] : []),
    ...errorLines('New errors and warnings', errors?.new ?? []),
    ...errorLines('Resolved', errors?.resolved ?? []),
    ...movedLines(moved),
    '',
    `<sub>${code(command)}, ${changes.at.slice(0, 16).replace('T', ' ')} UTC</sub>`,
    '',
  ].join('\n')
}

const MOST = 20
const FEW = 8

function verdict({ isPublished, tables }: Changes): string {
  if (isPublished === false) return '**A build would fail, and publish nothing.**'
  if (tables.length === 0) return 'No table would change.'
  return isPublished === null
    ? `${tables.length} of the compared tables differ.`
    : `A build would be published. It changes ${tables.length} ${tables.length === 1 ? 'table' : 'tables'}.`
}

function tableLine({ name, state, rows, columns, message }: TableChange): string {
  const words = [
    columns.added.length > 0 && `+ ${columns.added.map(code).join(', ')}`,
    columns.removed.length > 0 && `− ${columns.removed.map(code).join(', ')}`,
    columns.retyped.length > 0 && columns.retyped.map(code).join(', '),
    columns.changed.length > 0 &&
      columns.changed
        .slice(0, FEW)
        .map(({ name: column, rows: n }) => `${code(column)} ${n}`)
        .join(', '),
  ].filter(part => part !== false)
  const about = state === 'failed' ? text(message ?? 'could not be built') : words.join('; ')
  const total = rows
    ? rows.before === null || rows.before === rows.after
      ? String(rows.after ?? '')
      : `${rows.before} → ${rows.after}`
    : ''
  const cell = (n: number | undefined) => (n ? String(n) : '')
  return `| ${code(name)}${state === 'changed' ? '' : ` (${state})`} | ${total} | ${cell(rows?.added)} | ${cell(rows?.changed)} | ${cell(rows?.removed)} | ${about} |`
}

function errorLines(title: string, kinds: ErrorKind[]): string[] {
  if (kinds.length === 0) return []
  const all = kinds.reduce((sum, { count }) => sum + count, 0)
  return [
    '',
    `**${title}: ${all}**`,
    ...some(kinds, one => `- ${one.count} ${text(one.severity)} ${code(one.errorType)} in ${code(one.table)}`),
  ]
}

function movedLines({ reports, exposures, columns }: Changes['moved']): string[] {
  const tables = columns.map(one => one.table)
  const lines = [
    ...reports.map(({ title, figures }) => `- report ${text(title)}: ${figures.map(text).join(', ')}`),
    ...exposures.map(({ label, type, owner }) => `- ${text(type)} ${text(label)}${owner ? ` (${text(owner)})` : ''}`),
    ...(tables.length > 0
      ? [
          `- ${columns.reduce((sum, one) => sum + one.columns.length, 0)} columns of ${tables.slice(0, FEW).map(code).join(', ')}${more(tables.length)}`,
        ]
      : []),
  ]
  return lines.length > 0 ? ['', '**Would show different values**', ...lines] : []
}

function some<Item>(items: Item[], line: (item: Item) => string): string[] {
  return [...items.slice(0, FEW).map(line), ...(items.length > FEW ? [`- and ${items.length - FEW} more`] : [])]
}

function more(many: number): string {
  return many > FEW ? ` and ${many - FEW} more` : ''
}

/** Escapes a text for Markdown, in one line: no HTML, mentions or links. */
export function text(value: string): string {
  return value
    .replace(/\s+/g, ' ')
    .slice(0, 300)
    .replace(/[\\`*_{}[\]()#+!|~-]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replace(/:\/\//g, ':&#47;&#47;')
}

// Within backticks only backticks have a meaning, and in a table bars.
function code(value: string): string {
  const line = value.replace(/\s+/g, ' ').slice(0, 120)
  return /[`|]/.test(line) ? text(line) : `\`${line}\``
}
