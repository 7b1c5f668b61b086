import { fromJs, type JinjaFunction, type JinjaObject, type Value } from './jinja/values.ts'
import type { Node } from './node.ts'

/** A relation by its names; printed by `written` it is `"db"."schema"."name"`. */
export interface Relation {
  database: string | null
  schema: string | null
  identifier: string
  type?: string | null
  /** An ephemeral model: printed as the name of its CTE. */
  cte?: boolean
}

/** A relation as templates have it: `this`, what ref() and source() give. */
export interface RelationObject extends JinjaObject {
  readonly relation: Relation
}

/** The relation that a model, seed or source stands for. */
export function relationOf(node: Node): Relation {
  return { database: node.database, schema: node.schema, identifier: node.alias, type: null }
}

/** How a relation stands in SQL, all its names in quotes. */
export function written({ database, schema, identifier, cte }: Relation): string {
  if (cte) return identifier
  return [database, schema, identifier]
    .filter(name => name !== null && name !== '')
    .map(name => quote(name!))
    .join('.')
}

/** A name in double quotes. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** dbt's Relation: names as attributes, printed as it stands in SQL. */
export function relationObject(relation: Relation): RelationObject {
  const attributes: Record<string, () => Value> = {
    database: () => relation.database,
    schema: () => relation.schema,
    identifier: () => relation.identifier,
    name: () => relation.identifier,
    table: () => relation.identifier,
    type: () => relation.type ?? null,
    is_table: () => relation.type === 'table',
    is_view: () => relation.type === 'view',
    is_materialized_view: () => relation.type === 'materialized_view',
    is_cte: () => relation.cte === true,
    path: () => fromJs({ database: relation.database, schema: relation.schema, identifier: relation.identifier }),
    render: () => method(() => written(relation)),
    include: () => method((_, kwargs) => relationObject(only(relation, kwargs))),
    without_identifier: () => method(() => written({ ...relation, identifier: '' })),
    quote: () => method(() => relationObject(relation)),
    incorporate: () =>
      method((_, { path, type }) =>
        relationObject({ ...relation, ...(path instanceof Map ? names(path) : {}), ...(type ? { type: String(type) } : {}) }),
      ),
    replace_path: () => method((_, kwargs) => relationObject({ ...relation, ...names(new Map(Object.entries(kwargs))) })),
  }
  return {
    relation,
    get: name => (Object.hasOwn(attributes, name) ? attributes[name]!() : undefined),
    keys: () => Object.keys(attributes),
    toString: () => written(relation),
  }
}

/** The relation behind a template's value, if it is one. */
export function relationIn(value: Value | undefined): Relation | undefined {
  return typeof value === 'object' && value !== null && 'relation' in value ? (value as RelationObject).relation : undefined
}

function method(run: JinjaFunction): JinjaFunction {
  return run
}

function only(relation: Relation, kwargs: Readonly<Record<string, Value>>): Relation {
  return {
    ...relation,
    database: kwargs.database === false ? null : relation.database,
    schema: kwargs.schema === false ? null : relation.schema,
    identifier: kwargs.identifier === false ? '' : relation.identifier,
  }
}

function names(path: Map<Value, Value>): Partial<Relation> {
  return Object.fromEntries(['database', 'schema', 'identifier'].flatMap(key => (path.has(key) ? [[key, String(path.get(key))]] : [])))
}
