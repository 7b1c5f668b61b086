import type { Place } from '../base/errors.ts'
import { ProjectError } from '../base/errors.ts'
import type { Answers, FoundColumn, FoundRelation, Request } from '../database/introspection.ts'
import { str } from '../jinja/text.ts'
import { isDict, type JinjaFunction, type JinjaObject, tuple, type Value } from '../jinja/values.ts'
import { quote, type Relation, relationIn, relationObject, relationText } from '../manifest/relation.ts'
import { namespace } from './python-modules.ts'
import { tableOf, valuesOf } from './table.ts'

/** Queries the database for a context: the answer, or undefined while parsing. */
export type Ask = <Kind extends Request['kind']>(request: Extract<Request, { kind: Kind }>) => Answers[Kind] | undefined

/** `adapter`: dbt's methods over one database. `dispatch` finds a macro by name. */
export function adapterObject(
  ask: Ask,
  database: string,
  dispatch: (name: string, namespace: string | undefined, site: Place) => Value,
): JinjaObject {
  const relation = ({ schema, identifier, type }: FoundRelation): Value => relationObject({ database, schema, identifier, type })
  const named = (args: Value[], kwargs: Readonly<Record<string, Value>>): { schema: string; identifier: string } => ({
    schema: str(args[1] ?? kwargs.schema ?? ''),
    identifier: str(args[2] ?? kwargs.identifier ?? ''),
  })
  const columns = (value: Value | undefined): Value => {
    const of = theRelation(value, 'adapter.get_columns_in_relation')
    if (of.cte) return []
    return (ask({ kind: 'columns', schema: of.schema ?? '', identifier: of.identifier }) ?? []).map(columnObject)
  }
  const methods: Record<string, JinjaFunction> = {
    dispatch: (args, kwargs, site) => {
      const namespace = args[1] ?? kwargs.macro_namespace
      return dispatch(
        str(args[0] ?? kwargs.macro_name ?? ''),
        namespace === undefined || namespace === null ? undefined : str(namespace),
        site,
      )
    },
    get_relation: (args, kwargs) => {
      const answer = ask({ kind: 'relation', ...named(args, kwargs) })
      return answer ? relation(answer) : null
    },
    load_relation: args => {
      const of = theRelation(args[0], 'load_relation')
      const answer = ask({ kind: 'relation', schema: of.schema ?? '', identifier: of.identifier })
      return answer ? relation(answer) : null
    },
    get_columns_in_relation: args => columns(args[0]),
    get_missing_columns: args => {
      const there = new Set(names(columns(args[1])))
      return (columns(args[0]) as Value[]).filter(column => !there.has(nameOf(column)))
    },
    check_schema_exists: (args, kwargs) => ask({ kind: 'schema', schema: str(args[1] ?? kwargs.schema ?? args[0] ?? '') }) ?? false,
    list_relations_without_caching: args => list(args[0]),
    list_relations: (args, kwargs) => list(args[1] ?? kwargs.schema ?? ''),
    quote: args => quote(str(args[0] ?? '')),
    quote_as_configured: args => quote(str(args[0] ?? '')),
    quote_seed_column: args => quote(str(args[0] ?? '')),
    type: () => 'postgres',
    get_show_indexes_sql: () => '',
    ...changing(ask),
    execute: (args, kwargs, site) => {
      const answer = ask({ kind: 'query', sql: str(args[0] ?? kwargs.sql ?? ''), place: site })
      const result = resultObject(answer)
      return tuple([result.get('response')!, result.get('table')!])
    },
    // Nothing to do: there is no cache, as each call queries the database, within one transaction.
    ...Object.fromEntries(['cache_added', 'cache_dropped', 'cache_renamed', 'commit_if_has_connection'].map(name => [name, () => ''])),
    verify_database: args => {
      const wanted = str(args[0] ?? '').replaceAll('"', '')
      if (wanted.toLowerCase() === database.toLowerCase()) return ''
      throw new ProjectError(`Cross-database reference: the build works in '${database}', not in '${wanted}'`)
    },
  }
  return namespace({ ...methods, config: namespace({ quoting: new Map() }) }, 'adapter')

  function list(of: Value | undefined): Value {
    const schema = relationIn(of)?.schema ?? (typeof of === 'string' ? of : '')
    return (ask({ kind: 'relations', schema }) ?? []).map(relation)
  }
}

/** The methods that change relations; each is a statement in the build's transaction. */
function changing(ask: Ask): Record<string, JinjaFunction> {
  const run =
    (statement: (of: Relation, args: Value[]) => string, name: string): JinjaFunction =>
    (args, kwargs, site) => {
      const given = args.length > 0 ? args : Object.values(kwargs)
      ask({ kind: 'query', sql: statement(theRelation(given[0], `adapter.${name}`), given), place: site })
      return ''
    }
  const schemaOf = ({ schema }: Relation): string => quote(schema ?? '')
  const kindOf = ({ type }: Relation): string => String(type ?? 'table').replace('_', ' ')
  return {
    create_schema: run(of => `create schema if not exists ${schemaOf(of)}`, 'create_schema'),
    drop_schema: run(of => `drop schema if exists ${schemaOf(of)} cascade`, 'drop_schema'),
    truncate_relation: run(of => `truncate table ${relationText(of)}`, 'truncate_relation'),
    rename_relation: run(
      (of, args) =>
        `alter ${kindOf(of)} ${relationText(of)} rename to ${quote(theRelation(args[1], 'adapter.rename_relation').identifier)}`,
      'rename_relation',
    ),
    drop_relation: run(of => {
      if (!of.type) throw new ProjectError(`adapter.drop_relation() needs to know whether ${relationText(of)} is a table or a view`)
      return `drop ${kindOf(of)} if exists ${relationText(of)} cascade`
    }, 'drop_relation'),
  }
}

/** `api.Relation` and `api.Column`. */
export const API: JinjaObject = namespace(
  {
    Relation: namespace(
      {
        create: (_, kwargs) =>
          relationObject({
            database: kwargs.database === undefined ? null : (kwargs.database as string | null),
            schema: kwargs.schema === undefined ? null : (kwargs.schema as string | null),
            identifier: str(kwargs.identifier ?? ''),
            type: kwargs.type === undefined ? null : (kwargs.type as string | null),
          }),
        add_ephemeral_prefix: args => `__dbt__cte__${str(args[0] ?? '')}`,
      },
      'class Relation',
    ),
    Column: classOf(
      (name, type) => columnObject({ name: str(name ?? ''), type: str(type ?? '') }),
      {
        create: args => columnObject({ name: str(args[0] ?? ''), type: str(args[1] ?? '') }),
        translate_type: args =>
          ({ string: 'TEXT', timestamp: 'TIMESTAMP', float: 'FLOAT', integer: 'INT', boolean: 'BOOLEAN' })[
            str(args[0] ?? '').toLowerCase()
          ] ?? str(args[0] ?? ''),
        numeric_type: args =>
          args[1] === null || args[1] === undefined ? str(args[0] ?? '') : `${str(args[0] ?? '')}(${str(args[1])},${str(args[2] ?? 0)})`,
        string_type: args => `character varying(${str(args[0] ?? '')})`,
      },
      'class Column',
    ),
  },
  'api',
)

function classOf(make: (...args: Value[]) => Value, own: Record<string, Value>, name: string): Value {
  const call: JinjaFunction = args => make(...args)
  return Object.assign(call, namespace(own, name))
}

/** dbt's Column of an existing relation. */
export function columnObject({ name, type, charSize, numericPrecision, numericScale }: FoundColumn): JinjaObject {
  const text = /^(text|character varying|character|varchar|char|bpchar)/.test(type)
  const integer = /^(smallint|integer|bigint|smallserial|serial|bigserial|int[248]?)$/.test(type)
  const float = /^(real|float[48]?|double precision)$/.test(type)
  const numeric = /^(numeric|decimal)/.test(type)
  const dataType =
    text && charSize
      ? `character varying(${charSize})`
      : numeric && numericPrecision
        ? `${type}(${numericPrecision},${numericScale ?? 0})`
        : type
  const yes =
    (value: boolean): JinjaFunction =>
    () =>
      value
  return {
    ...namespace({
      name,
      column: name,
      quoted: quote(name),
      dtype: type,
      data_type: dataType,
      char_size: charSize ?? null,
      numeric_precision: numericPrecision ?? null,
      numeric_scale: numericScale ?? null,
      is_string: yes(text),
      is_numeric: yes(numeric),
      is_integer: yes(integer),
      is_float: yes(float),
      is_number: yes(integer || float || numeric),
      string_size: () => charSize ?? 256,
    }),
    toString: () => `<Column ${name} (${dataType})>`,
  }
}

/** The result of load_result() for a statement. */
export function resultObject(answer: Answers['query'] | undefined): JinjaObject {
  const status = answer?.status ?? ''
  return namespace(
    {
      response: {
        get: name => (name === 'code' ? (status.split(' ')[0] ?? '') : name === '_message' ? status : undefined),
        toString: () => status,
      } as JinjaObject,
      data: valuesOf(answer).rows.map(tuple),
      table: tableOf(answer),
    },
    'result',
  )
}

function theRelation(value: Value | undefined, what: string): Relation {
  const found = relationIn(value)
  if (!found) throw new ProjectError(`${what}() takes a relation, such as the result of ref(), source() or this`)
  return found
}

function names(columns: Value): string[] {
  return (columns as Value[]).map(nameOf)
}

function nameOf(column: Value): string {
  return str((column as JinjaObject).get('name') ?? '')
}

/** The named arguments of a call, or its only positional dict, for config({…}). */
export function pairsOf(args: Value[], kwargs: Readonly<Record<string, Value>>): Record<string, Value> {
  const [first] = args
  return {
    ...(first !== undefined && isDict(first) ? Object.fromEntries([...first].map(([key, value]) => [str(key), value])) : {}),
    ...kwargs,
  }
}
