import { type Place, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Rendered } from '../jinja/template.ts'
import type { UnitRows } from '../manifest/node.ts'
import { literal, quote } from '../manifest/relation.ts'
import { type Piece, piecesOf } from '../template/spliced-sql.ts'
import { emptySelect, type TypedColumn } from './unit-columns.ts'

/**
 * Rows of a unit test as a SELECT with the relation's columns and types: missing values are NULL. With `columns` undefined (unknown),
 * columns and types come from the rows. `what` names the relation in errors.
 */
export function selectOf(rows: UnitRows, columns: TypedColumn[] | undefined, what: string): Rendered {
  const known = columns ?? guessed(rows)
  const named = rows.rows.map(row => new Map([...row].map(([name, cell]) => [columnOf(name, known, what, cell.place).name, cell])))
  const at = rows.place
  if (named.length === 0) return piecesOf([{ text: emptySelect(known), place: at }])
  const pieces: Piece[] = named.flatMap((row, index): Piece[] => [
    { text: `${index === 0 ? '' : '\n    union all '}select `, place: at },
    ...known.map(({ name, type }, i): Piece => {
      const cell = row.get(name)
      const alias = index === 0 ? ` as ${quote(name)}` : ''
      return { text: `${i === 0 ? '' : ', '}${typedLiteral(cell?.value ?? null, type)}${alias}`, place: cell?.place ?? at }
    }),
  ])
  return piecesOf(pieces)
}

/** SQL of a unit test as a SELECT with the relation's columns and types; `given` are the columns of that SQL. */
export function selectFrom(
  sql: Rendered,
  given: TypedColumn[],
  columns: TypedColumn[] | undefined,
  what: string,
  { place }: UnitRows,
): Rendered {
  const known = columns ?? given
  for (const { name } of given) columnOf(name, known, what, place)
  const list = known.map(({ name, type }) => {
    const own = given.find(column => column.name === name) ?? given.find(column => column.name.toLowerCase() === name.toLowerCase())
    return `${own ? quote(own.name) : 'null'}::${type} as ${quote(name)}`
  })
  return piecesOf([
    { text: `select ${list.join(', ')} from (\n`, place },
    { rendered: sql, from: 0, to: sql.text.length },
    { text: '\n) as fixture', place },
  ])
}

/** A value of YAML or CSV as a literal of a type. Mappings and lists are JSON, except for lists in a column of an array type. */
export function typedLiteral(value: unknown, type: string): string {
  if (value === null || value === undefined) return `null::${type}`
  if (Array.isArray(value) && type.endsWith('[]')) {
    return `array[${value.map(item => typedLiteral(item, Array.isArray(item) ? type : type.slice(0, -2))).join(', ')}]::${type}`
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `${literal(text)}::${type}`
}

/** The column of the relation `what` that a row names: by its exact name, else ignoring case. Throws when no column matches. */
export function columnOf(name: string, known: TypedColumn[], what: string, place: Place): TypedColumn {
  const found = known.find(column => column.name === name) ?? known.find(column => column.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const names = known.map(column => column.name)
  throw new ProjectError(`${what} has no column '${name}'`, { place, hint: didYouMean(name, names) ?? `It has ${names.join(', ')}.` })
}

function guessed({ columns, rows }: UnitRows): TypedColumn[] {
  return columns.map(name => ({ name, type: guess(rows.map(row => row.get(name)?.value ?? null).filter(value => value !== null)) }))
}

function guess(values: unknown[]): string {
  const all = (fits: (value: unknown) => boolean): boolean => values.length > 0 && values.every(fits)
  if (values.some(value => typeof value === 'object')) return 'jsonb'
  if (all(value => typeof value === 'boolean')) return 'boolean'
  if (all(value => Number.isInteger(value))) return 'bigint'
  return all(value => typeof value === 'number') ? 'numeric' : 'text'
}
