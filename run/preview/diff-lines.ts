import { inOneLine } from '../base/sanitize.ts'
import { numberText, plural } from '../report/format.ts'
import type { Differences, Example } from './diff.ts'
import { isSame } from './diff.ts'

/** A comparison of two relations, as in the JSON output. */
export interface Diff {
  unique_id?: string
  before: string
  after: string
  /** Null where there is nothing to compare with, or the comparison failed. */
  differences: Differences | null
  /** For a relation that does not exist yet: its future number of rows. */
  rows?: number
  error?: unknown
}

/** A comparison as readable lines. */
export function diffLines({ before, after, differences, rows, error }: Diff): string[] {
  const title = `${before} → ${after}`
  if (error !== undefined) return [title, '  could not be compared']
  if (!differences) return [title, `  new: ${plural(rows ?? 0, 'row')}`]
  const found = differences
  if (isSame(found)) return [title, `  no difference: ${plural(found.rows.after, 'row')}${by(found)}`]
  return [
    title,
    `  rows     ${numberText(found.rows.before)} → ${numberText(found.rows.after)}`,
    `  ${found.key.length > 0 ? 'keys' : 'rows'}     ${countsOf(found)}${by(found)}`,
    ...unmatchedLines(found),
    ...list('added', found.columnsAdded, ({ name, type }) => `${name} ${type}`),
    ...list('removed', found.columnsRemoved, ({ name, type }) => `${name} ${type}`),
    ...list('retyped', found.columnsRetyped, column => `${column.name} ${column.before} → ${column.after}`),
    ...list('changed', found.columns, column => `${column.name} ${numberText(column.rows)}`),
    ...found.examples.map(example => `  ${exampleLine(example)}`),
  ]
}

function countsOf({ added, removed, changed, same, key }: Differences): string {
  const parts = { added, removed, ...(key.length > 0 ? { changed } : {}), same }
  return Object.entries(parts)
    .map(([word, n]) => `${numberText(n)} ${word}`)
    .join(', ')
}

function by({ key }: Differences): string {
  return key.length > 0 ? `, by ${key.join(', ')}` : ', compared as whole rows: no key is known (--key)'
}

function unmatchedLines({ unmatched: { before, after }, key }: Differences): string[] {
  if (before + after === 0) return []
  return [`  not compared: ${numberText(before)} and ${numberText(after)} rows whose ${key.join(', ')} is null or not unique`]
}

function list<Item>(word: string, items: Item[], text: (item: Item) => string): string[] {
  return items.length === 0 ? [] : [`  columns ${word}: ${items.map(text).join(', ')}`]
}

function exampleLine({ kind, key, values }: Example): string {
  const keyed = Object.entries(key).map(([name, value]) => `${name}=${shown(value)}`)
  const cells = Object.entries(values).map(([name, { before, after }]) =>
    kind === 'changed' ? `${name}: ${shown(before)} → ${shown(after)}` : `${name}=${shown(kind === 'added' ? after : before)}`,
  )
  const mark = { added: '+', removed: '-', changed: '~' }[kind]
  const text = [keyed.join(', '), cells.join(', ')].filter(part => part !== '').join('  ')
  return text.length > widest ? `${mark} ${text.slice(0, widest - 1)}…` : `${mark} ${text}`
}

const widest = 160

function shown(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (value === '') return "''"
  const line = inOneLine(value)
  return line.length > 40 ? `${line.slice(0, 39)}…` : line
}
