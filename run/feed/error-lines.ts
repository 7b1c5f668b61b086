import { inOneLine } from '../base/sanitize.ts'
import { numberText, plural } from '../report/format.ts'

/** Open rows of an errors table, by severity, type and batch. */
export interface ErrorCount {
  table_name: string
  severity: string
  error_type: string
  source: string
  records: bigint
}

/** An open row of an errors table. */
export interface ErrorRecord {
  table_name: string
  severity: string
  error_type: string
  error_message: string
  field: string | null
  source: string
  file: string | null
  position: number | null
  raw_record: string | null
  raw_text: string | null
}

/** A block per table with a line per severity and type, then the sums. */
export function countLines(counts: ErrorCount[]): string[] {
  const tables = [...new Set(counts.map(row => row.table_name))]
  const kinds = tables.map(table => {
    const rows = counts.filter(row => row.table_name === table)
    const kindOf = ({ severity, error_type: type }: ErrorCount) => `${severity.padEnd(7)}  ${type}`
    return [...new Set(rows.map(kindOf))].map(kind => {
      const same = rows.filter(row => kindOf(row) === kind)
      return { kind, records: total(same), batches: same.map(({ source }) => inOneLine(source)) }
    })
  })
  const width = Math.max(0, ...kinds.flat().map(({ kind }) => kind.length))
  const digits = Math.max(0, ...kinds.flat().map(({ records }) => numberText(records).length))
  return [
    ...tables.flatMap((table, i) => [
      table,
      ...(kinds[i] ?? []).map(
        ({ kind, records, batches }) => `  ${kind.padEnd(width)}  ${numberText(records).padStart(digits)}  ${batchesText(batches)}`,
      ),
      '',
    ]),
    `${openText(counts)}.`,
    'Next: npx tsx run.ts errors --show 20   (the records themselves)',
  ]
}

/** A block per record: its place, what is wrong, and the record, no line longer than `width`; then the total. */
export function recordLines(records: ErrorRecord[], counts: ErrorCount[], width: number): string[] {
  const all = Number(total(counts))
  return [
    ...records.flatMap(record => [...blockOf(record, width), '']),
    all > records.length
      ? `${numberText(records.length)} of ${openText(counts)}: --show -1 shows all, --output json each in full.`
      : `${openText(counts)}.`,
  ]
}

function blockOf({ table_name: table, severity, error_type: type, error_message: message, field, ...row }: ErrorRecord, width: number) {
  const place = row.file === null ? row.source : `${row.file}${row.position === null ? '' : `[${row.position}]`}`
  return [
    ...wrapped(place, width, '').slice(0, MOST_LINES),
    ...wrapped(`${severity} ${type}${field === null ? '' : ` on ${field}`}, in ${table}`, width),
    ...wrapped(message, width),
    ...shortened(wrapped(row.raw_record ?? row.raw_text ?? '', width)),
  ]
}

/** The most lines of a record as it came. */
const MOST_LINES = 4

function shortened(lines: string[]): string[] {
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), '  …'] : lines
}

// Breaks between words where it can, else inside a long one.
function wrapped(text: string, width: number, indent = '  '): string[] {
  const room = Math.max(20, width - indent.length)
  const lines: string[] = []
  let rest = inOneLine(text.slice(0, room * (MOST_LINES + 2))).trim()
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room)
    const end = space > room / 2 ? space : room
    lines.push(indent + rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return rest === '' ? lines : [...lines, indent + rest]
}

function batchesText(batches: string[]): string {
  const distinct = [...new Set(batches)]
  const [first = '', second = ''] = distinct
  if (distinct.length <= 2) return distinct.join(', ')
  return `${first}, ${second} and ${numberText(distinct.length - 2)} more`
}

function openText(counts: ErrorCount[]): string {
  const [errors, warnings] = [total(counts.filter(isError)), total(counts.filter(row => !isError(row)))]
  return `${plural(errors, 'open error')} and ${plural(warnings, 'warning')}`
}

function isError({ severity }: ErrorCount): boolean {
  return severity === 'error'
}

function total(counts: ErrorCount[]): number {
  return counts.reduce((sum, { records }) => sum + Number(records), 0)
}
