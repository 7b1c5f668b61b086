import { isDeepStrictEqual } from 'node:util'
import { fromJs, type JinjaObject, type Kwargs, type Value } from '../jinja/values.ts'
import type { Node } from './node.ts'

/** A relation by its names; `written` prints it as `"db"."schema"."name"`. */
export interface Relation {
  database: string | null
  schema: string | null
  identifier: string
  type?: string | null
  /** For an ephemeral model: printed as the name of its CTE. */
  cte?: boolean
  /** Its quoted replacement in SQL: the CTE of a unit test. */
  standIn?: string
}

/** A relation in templates: `this`, and the results of ref() and source(). */
export interface RelationObject extends JinjaObject {
  readonly relation: Relation
}

/** The relation of a model, seed or source. */
export function relationOf(node: Node): Relation {
  return { database: node.database, schema: node.schema, identifier: node.alias, type: null }
}

/** A relation in SQL, with all its names in quotes. */
export function relationText({ database, schema, identifier, cte, standIn }: Relation): string {
  if (standIn !== undefined) return standIn
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

/** A text as an SQL literal, for any standard_conforming_strings. */
export function literal(text: string): string {
  return `${text.includes('\\') ? 'E' : ''}'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** dbt's Relation: names as attributes, printed as in SQL. */
export function relationObject(relation: Relation): RelationObject {
  return Object.assign(Object.create(face), { relation })
}

/** The relation of a template's value; undefined for other values. */
export function relationIn(value: Value | undefined): Relation | undefined {
  return typeof value === 'object' && value !== null && 'relation' in value ? (value as RelationObject).relation : undefined
}

// Shared by all relations: a project has thousands.
const face: Omit<RelationObject, 'relation'> & ThisType<RelationObject> = {
  get(name: string) {
    return Object.hasOwn(attributes, name) ? attributes[name]?.(this.relation) : undefined
  },
  keys: () => Object.keys(attributes),
  isMapping: true,
  iterate: () => ['metadata', 'path', 'type', 'quote_character', 'include_policy', 'quote_policy', 'dbt_created'],
  // Equal when all names and types are: as in dbt, a table differs from a relation of unknown type.
  order(other: Value) {
    const than = relationIn(other)
    return than === undefined ? undefined : isDeepStrictEqual(identity(this.relation), identity(than)) ? 0 : Number.NaN
  },
  toString() {
    return relationText(this.relation)
  },
}

function identity({ database, schema, identifier, type, cte }: Relation): unknown[] {
  return [database, schema, identifier, type ?? null, cte ?? false]
}

const attributes: Record<string, (relation: Relation) => Value> = {
  metadata: () => new Map<Value, Value>([['type', 'PostgresRelation']]),
  get:
    relation =>
    ([name, otherwise = null]) => {
      const own = typeof name === 'string' && Object.hasOwn(attributes, name) ? attributes[name]?.(relation) : undefined
      return own ?? otherwise
    },
  quote_character: () => '"',
  quote_policy: () => policy(true, true, true),
  include_policy: relation => policy(relation.database !== null, relation.schema !== null, relation.identifier !== ''),
  dbt_created: () => false,
  renamable: () => true,
  replaceable: () => true,
  can_be_renamed: () => true,
  can_be_replaced: () => true,
  is_dynamic_table: () => false,
  is_pointer: () => false,
  information_schema: () => args =>
    `information_schema${args[0] === undefined || args[0] === null ? '' : `.${String(args[0]).toLowerCase()}`}`,
  render_limited: relation => () => relationText(relation),
  matches:
    relation =>
    ([database, schema, identifier], kwargs) =>
      [
        [database ?? kwargs.database, relation.database],
        [schema ?? kwargs.schema, relation.schema],
        [identifier ?? kwargs.identifier, relation.identifier],
      ].every(([asked, own]) => asked === undefined || asked === null || String(asked).toLowerCase() === String(own).toLowerCase()),
  database: relation => relation.database,
  schema: relation => relation.schema,
  identifier: relation => relation.identifier,
  name: relation => relation.identifier,
  table: relation => relation.identifier,
  type: relation => relation.type ?? null,
  is_table: relation => relation.type === 'table',
  is_view: relation => relation.type === 'view',
  is_materialized_view: relation => relation.type === 'materialized_view',
  is_cte: relation => relation.cte === true,
  path: relation => fromJs({ database: relation.database, schema: relation.schema, identifier: relation.identifier }),
  render: relation => () => relationText(relation),
  include: relation => (_, kwargs) => relationObject(only(relation, kwargs)),
  without_identifier: relation => () => relationObject({ ...relation, identifier: '' }),
  quote: relation => () => relationObject(relation),
  incorporate:
    relation =>
    (_, { path, type }) =>
      relationObject({ ...relation, ...(path instanceof Map ? names(path) : {}), ...(type ? { type: String(type) } : {}) }),
  replace_path: relation => (_, kwargs) => relationObject({ ...relation, ...names(new Map(Object.entries(kwargs))) }),
}

function policy(database: boolean, schema: boolean, identifier: boolean): Value {
  return fromJs({ database, schema, identifier })
}

function only(relation: Relation, kwargs: Kwargs): Relation {
  return {
    ...relation,
    database: kwargs.database === false ? null : relation.database,
    schema: kwargs.schema === false ? null : relation.schema,
    identifier: kwargs.identifier === false ? '' : relation.identifier,
  }
}

function names(path: Map<Value, Value>): Partial<Relation> {
  return Object.fromEntries(
    ['database', 'schema', 'identifier'].flatMap(key =>
      path.has(key) ? [[key, path.get(key) === null ? null : String(path.get(key))]] : [],
    ),
  )
}
