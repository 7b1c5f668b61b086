import { ProjectError } from '../base/errors.ts'
import { textsOf } from '../base/texts.ts'
import type { Existing } from '../database/catalogue.ts'
import { quote } from '../manifest/relation.ts'
import type { Work } from './context.ts'
import { ask } from './statements.ts'

/**
 * The model's unique_key as quoted names of columns of the query; empty without one. A part may be written as in SQL: `id`, `"OrderNo"`.
 * Throws a ProjectError for an expression, as rows can only be merged by columns.
 */
export function keyOf(work: Work, incoming?: Existing): string[] {
  return partsOf(work).map(part => {
    const column = columnOf(part, incoming)
    if (column !== undefined) return quote(column)
    if (!isExpression(part)) throw unknownColumn(work, part, incoming)
    throw new ProjectError(`Cannot merge by the unique_key ${part}: it is an expression`, {
      place: work.node.place,
      hint: "Use incremental_strategy: 'delete+insert', or make it a column of the query.",
    })
  })
}

/** The unique_key as SQL, for statements that only read it: a column's quoted name, or the expression in parentheses. */
export function keyExpressions(work: Work, incoming: Existing): string[] {
  return partsOf(work).map(part => {
    const column = columnOf(part, incoming)
    if (column === undefined && !isExpression(part)) throw unknownColumn(work, part, incoming)
    return column === undefined ? `(${part})` : quote(column)
  })
}

/** Whether a part of the unique_key is an expression. */
export function hasExpressionKey(work: Work): boolean {
  return partsOf(work).some(isExpression)
}

/** Throws when the query gives a key twice or without a value, and shows these keys. */
export async function checkKeys(work: Work, incoming: string, key: string[]): Promise<void> {
  const bad = await ask<Record<string, unknown>>(work, 'find_bad_keys', { incoming, key })
  if (bad.length === 0) return
  const names = key.map(part => (part.startsWith('"') ? unquote(part) : part.slice(1, -1)))
  const shown = bad.map(row => {
    const values = names.map((_, i) => row[`dbt_key_${i + 1}`])
    const text = names.map((name, i) => `${name} = ${values[i] === null ? 'null' : JSON.stringify(values[i])}`).join(', ')
    return values.includes(null) ? text : `${text} (${row.dbt_rows} rows)`
  })
  throw new ProjectError(
    `The unique_key (${names.join(', ')}) must be non-null and unique in the query result; found ${shown.join('; ')}`,
    {
      place: work.node.place,
      hint: 'Change the query to return one row per key (distinct on …), or correct unique_key.',
    },
  )
}

/** Removes the quotes of a quoted name. */
export function unquote(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"')
}

function partsOf({ node }: Work): string[] {
  const value = node.config.unique_key
  return [...new Set(textsOf(value || null).map(part => part.trim()))]
}

/** The column that a part means: as it is written, as the name in its quotes, or folded as SQL folds it. */
function columnOf(part: string, incoming: Existing | undefined): string | undefined {
  const written = /^"([^"]|"")+"$/.test(part) ? unquote(part) : part
  if (!incoming) return isExpression(part) ? undefined : written
  const names = incoming.columns.map(column => column.name)
  return [written, part.toLowerCase()].find(name => names.includes(name))
}

function isExpression(part: string): boolean {
  return !/^([\p{L}_][\p{L}\p{N}_$]*|"([^"]|"")+")$/u.test(part)
}

function unknownColumn(work: Work, part: string, incoming: Existing | undefined): ProjectError {
  const known = incoming?.columns.map(column => column.name).join(', ')
  return new ProjectError(`unique_key names '${part}', but the query has no such column; it has ${known}`, { place: work.node.place })
}
