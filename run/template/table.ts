import { ProjectError } from '../base/errors.ts'
import type { Answers } from '../database/introspection.ts'
import { str } from '../jinja/text.ts'
import { float, isDecimal, isDict, isObject, type JinjaFunction, type JinjaObject, tuple, type Value } from '../jinja/values.ts'
import { namespace } from './python-modules.ts'
import { columnValues } from './query-values.ts'

/** Names and rows of values. */
interface Table {
  names: string[]
  rows: Value[][]
}

/** The result of run_query(): agate's Table, as far as dbt projects use it. While parsing it is empty and has any column. */
export function tableOf(answer: Answers['query'] | undefined): JinjaObject {
  return answer ? tableObject(valuesOf(answer)) : { ...tableObject({ names: [], rows: [] }), ...parsed }
}

// While parsing the columns are unknown.
const parsed: Pick<JinjaObject, 'get'> = {
  get: name => {
    const empty = columnObject('', [])
    const columns = { get: (key: string) => (['keys', 'items', 'values'].includes(key) ? () => tuple([]) : empty), iterate: () => [empty] }
    return name === 'columns' ? (columns as JinjaObject) : tableObject({ names: [], rows: [] }).get(name)
  },
}

function tableObject({ names, rows }: Table): JinjaObject {
  const columnAt = (index: number): JinjaObject =>
    columnObject(
      names[index] ?? '',
      rows.map(row => row[index]!),
    )
  const columns: JinjaObject = {
    get: name => {
      if (name === 'keys') return () => tuple([...names])
      if (name === 'items') return () => names.map((own, index) => tuple([own, columnAt(index)]))
      if (name === 'values') return () => tuple(names.map((_, index) => columnAt(index)))
      if (name === 'dict') return () => new Map(names.map((own, index): [Value, Value] => [own, columnAt(index)]))
      if (name === 'get') return args => (names.includes(str(args[0] ?? '')) ? columnAt(names.indexOf(str(args[0]!))) : (args[1] ?? null))
      return names.includes(name) ? columnAt(names.indexOf(name)) : undefined
    },
    keys: () => names,
    iterate: () => names.map((_, index) => columnAt(index)),
  }
  const allRows = (): Value[] => rows.map(items => rowObject(names, items))
  const attributes = {
    columns,
    column_names: tuple([...names]),
    column_types: tuple(names.map(() => TYPE)),
    rows: allRows(),
    print_table: () => null,
    rename: renamed({ names, rows }),
    select: ((args, kwargs) => only({ names, rows }, args[0] ?? kwargs.key ?? [])) as JinjaFunction,
    group_by: ((args, kwargs) => grouped({ names, rows }, str(args[0] ?? kwargs.key ?? ''))) as JinjaFunction,
  }
  return {
    ...namespace(attributes, 'Table'),
    iterate: allRows,
    toString: () => `<Table ${names.join(', ')}: ${rows.length} rows>`,
  }
}

// rename() takes new names for all columns, or a dict of old names to new ones.
function renamed({ names, rows }: Table): JinjaFunction {
  return (args, kwargs) => {
    const given = args[0] ?? kwargs.column_names ?? null
    if (isDict(given)) return tableObject({ names: names.map(name => str(given.get(name) ?? name)), rows })
    return tableObject({ names: Array.isArray(given) ? given.map(str) : names, rows })
  }
}

function only({ names, rows }: Table, key: Value): JinjaObject {
  const wanted = (Array.isArray(key) ? key : [key]).map(str)
  const places = wanted.map(name => placeIn(names, name))
  return tableObject({ names: wanted, rows: rows.map(row => places.map(place => row[place]!)) })
}

// A table per value, in the order of first appearance.
function grouped({ names, rows }: Table, key: string): JinjaObject {
  const place = placeIn(names, key)
  const groups = new Map<string, { value: Value; rows: Value[][] }>()
  for (const row of rows) {
    const value = row[place]!
    const name = str(value)
    groups.set(name, { value, rows: [...(groups.get(name)?.rows ?? []), row] })
  }
  const tables = [...groups.values()].map(({ value, rows: own }): [Value, JinjaObject] => [value, tableObject({ names, rows: own })])
  const methods: Record<string, JinjaFunction> = {
    items: () => tables.map(pair => tuple(pair)),
    keys: () => tuple(tables.map(([value]) => value)),
    values: () => tuple(tables.map(([, table]) => table)),
  }
  return { ...namespace(methods, 'TableSet'), iterate: () => tables.map(([, table]) => table) }
}

function placeIn(names: string[], name: string): number {
  const place = names.indexOf(name)
  if (place < 0) throw new ProjectError(`The table has no column '${name}'; it has ${names.join(', ')}`)
  return place
}

function columnObject(name: string, values: Value[]): JinjaObject {
  return {
    ...namespace({ name, values: () => tuple([...values]), values_distinct: () => tuple([...new Set(values)]) }, 'column'),
    iterate: () => values,
    toString: () => `<agate.Column: ${str(tuple([...values]))}>`,
  }
}

// agate's types define the JSON of a value: a Decimal as a float, a date or time in ISO format.
const TYPE = namespace(
  {
    jsonify: ((args, _, site) => {
      const value = args[0] ?? null
      if (isDecimal(value)) return float(Number(str(value)))
      const iso = isObject(value) ? value.get('isoformat') : undefined
      return typeof iso === 'function' ? iso([], {}, site) : value
    }) as JinjaFunction,
  },
  'agate type',
)

function rowObject(names: string[], items: Value[]): JinjaObject {
  const methods: Record<string, JinjaFunction> = {
    values: () => tuple([...items]),
    keys: () => tuple([...names]),
    items: () => names.map((name, index) => tuple([name, items[index]!])),
    dict: () => new Map(names.map((name, index): [Value, Value] => [name, items[index]!])),
    get: args => items[names.indexOf(str(args[0] ?? ''))] ?? args[1] ?? null,
  }
  return {
    get: name => (names.includes(name) ? items[names.indexOf(name)] : Object.hasOwn(methods, name) ? methods[name] : undefined),
    keys: () => [...names, ...Object.keys(methods)],
    iterate: () => items,
    toString: () => `<agate.Row: ${str(tuple([...items]))}>`,
  }
}

/** Names and rows of an answer; a repeated name gets a number, as in dbt. */
export function valuesOf(answer: Answers['query'] | undefined): Table {
  const { columns, rows } = answer ?? { columns: [], rows: [] }
  const seen = new Map<string, number>()
  const read = columns.map(({ name, type }, index) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return {
      name: count === 1 ? name : `${name}_${count}`,
      values: columnValues(
        type,
        rows.map(row => row[index]),
      ),
    }
  })
  return { names: read.map(({ name }) => name), rows: rows.map((_, at) => read.map(({ values }) => values[at]!)) }
}
