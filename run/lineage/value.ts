/** A step into jsonb: a key, an index from the start (negative: from the end), null for any element or key. */
export type Step = string | number | null

/** The role of a source in a value: the value itself (`copy`), an input of its computation, or a condition that only decides. */
export type Role = 'copy' | 'value' | 'condition'

/** A column of a relation, or a path within it. The column `*` is the rows of the relation, as for count(*). */
export interface Source {
  key: string
  /** Id of the relation. */
  relation: string
  column: string
  path: readonly Step[]
  role: Role
}

/** The sources of a value. */
export interface Value {
  /** Sources of the value itself, by key; those of its parts are in `fields` and `elements`. */
  own: ReadonlyMap<string, Source>
  /** Parts of a row or JSON object that the query builds, by key. */
  fields?: ReadonlyMap<string, Value>
  /** The elements of an array that the query builds; also the values of an object with computed keys. */
  elements?: Value
  /** Why its sources are incomplete. */
  reasons: ReadonlySet<string>
  /** For a column that an outer join may leave null: the condition that decides whether there is a row, as tested by IS NULL. */
  presence?: Value
  /** The literal NULL. */
  isNull: boolean
}

/** A value computed from no column: a literal, now(). */
export const CONSTANT: Value = { own: new Map(), reasons: new Set(), isNull: false }

export const NULL: Value = { ...CONSTANT, isNull: true }

/** A column unchanged, or a path within it. */
export function sourceValue(relation: string, column: string, path: readonly Step[] = []): Value {
  const source = sourceOf(relation, column, path, 'copy')
  return { own: new Map([[source.key, source]]), reasons: new Set(), isNull: false }
}

/** A value that cannot be traced, with the reason. */
export function untraced(reason: string, known: Value = CONSTANT): Value {
  return { ...known, reasons: new Set([...known.reasons, reason]), isNull: false }
}

/** A row or JSON object with these parts. */
export function objectOf(fields: Iterable<[string, Value]>): Value {
  return { ...CONSTANT, fields: new Map(fields) }
}

/** An array whose elements are any of these. */
export function arrayOf(elements: Value[]): Value {
  return { ...CONSTANT, elements: either(elements) }
}

/**
 * One of several values, unchanged: coalesce, CASE, UNION. Where one of them has a known path in a column, another of the same column with
 * a computed key, and so any path, adds nothing.
 */
export function either(values: readonly Value[]): Value {
  const given = values.filter(value => !value.isNull)
  if (given.length === 0) return NULL
  const [first] = given
  if (first && given.every(value => value === first)) return first
  const fields = new Map<string, Value[]>()
  for (const value of given) for (const [name, field] of value.fields ?? []) fields.set(name, [...(fields.get(name) ?? []), field])
  const elements = given.flatMap(value => (value.elements ? [value.elements] : []))
  return {
    own: withoutAnywhere(merge(given.map(value => value.own))),
    ...(given.some(value => value.fields) ? { fields: new Map([...fields].map(([name, parts]) => [name, either(parts)])) } : {}),
    ...(elements.length > 0 ? { elements: either(elements) } : {}),
    reasons: reasonsOf(given),
    isNull: false,
  }
}

/** A value computed from others. */
export function computed(values: readonly Value[]): Value {
  return flat(values, 'value')
}

/** Values that only decide. */
export function conditional(values: readonly Value[]): Value {
  return flat(values, 'condition')
}

/** A value with additional sources. */
export function withMore(value: Value, more: Value): Value {
  if (more.own.size === 0 && more.reasons.size === 0) return value
  return { ...value, own: merge([value.own, more.own]), reasons: reasonsOf([value, more]), isNull: false }
}

/** The value after a cast to another type or to text: its sources are no longer copies. */
export function converted(value: Value): Value {
  if (![...value.own.values()].some(({ role }) => role === 'copy')) return value
  return { ...value, own: demoted(value.own, 'value') }
}

/** The value one step into a value. */
export function at(value: Value, step: Step): Value {
  const own = new Map<string, Source>()
  for (const source of value.own.values()) {
    const { relation, column, path, role } = source
    add(own, role === 'copy' ? sourceOf(relation, column, [...path, step], role) : source)
  }
  const parts: Value[] = []
  if (typeof step === 'string') parts.push(value.fields?.get(step) ?? NULL)
  else for (const field of step === null ? (value.fields?.values() ?? []) : []) parts.push(field)
  if (value.elements) parts.push(value.elements)
  const part = either(parts)
  return {
    ...part,
    own: own.size === 0 ? part.own : merge([own, part.own]),
    reasons: reasonsOf([value, part]),
    isNull: part.isNull && own.size === 0 && value.reasons.size === 0,
  }
}

/** The value at a path in a value. */
export function along(value: Value, path: readonly Step[]): Value {
  return path.reduce(at, value)
}

/** All sources of a value and its parts. Sources of parts count as inputs of a computation. */
export function sourcesOf(value: Value): ReadonlyMap<string, Source> {
  if (!isBuilt(value)) return value.own
  const known = flattened.get(value)
  if (known) return known
  const all = new Map(value.own)
  for (const part of partsOf(value))
    for (const source of sourcesOf(part).values()) add(all, source.role === 'copy' ? { ...source, role: 'value' } : source)
  flattened.set(value, all)
  return all
}

/** Why sources of a value or its parts are unknown. */
export function allReasons(value: Value): ReadonlySet<string> {
  const parts = [...partsOf(value)]
  return parts.length === 0 ? value.reasons : new Set([...value.reasons, ...parts.flatMap(part => [...allReasons(part)])])
}

/** Whether it is computed from no column, and is not the literal NULL. */
export function isConstant(value: Value): boolean {
  return !value.isNull && sourcesOf(value).size === 0 && allReasons(value).size === 0
}

/** Whether the query builds it from parts. */
export function isBuilt(value: Value): boolean {
  return value.fields !== undefined || value.elements !== undefined
}

/** The sources for a reader: where only conditions are known, they count as inputs. */
export function finished(value: Value): ReadonlyMap<string, Source> {
  const all = sourcesOf(value)
  if ([...all.values()].some(({ role }) => role !== 'condition')) return all
  return new Map([...all].map(([key, source]) => [key, { ...source, role: 'value' as const }]))
}

/** `contact.email`, `agent_ids[]`, `availability[].channel`, `[0]`; keys that are not plain names are quoted. */
export function pathLabel(path: readonly Step[]): string {
  return path.reduce<string>((label, step) => {
    if (typeof step !== 'string') return `${label}[${step ?? ''}]`
    const key = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step) ? step : JSON.stringify(step)
    return label === '' ? key : `${label}.${key}`
  }, '')
}

const flattened = new WeakMap<Value, ReadonlyMap<string, Source>>()
const STRENGTH: Record<Role, number> = { condition: 0, value: 1, copy: 2 }

function sourceOf(relation: string, column: string, path: readonly Step[], role: Role): Source {
  return { key: JSON.stringify([relation, column, ...path]), relation, column, path, role }
}

function* partsOf(value: Value): Iterable<Value> {
  if (value.fields) yield* value.fields.values()
  if (value.elements) yield value.elements
}

function flat(values: readonly Value[], role: 'value' | 'condition'): Value {
  const given = values.filter(value => !value.isNull)
  if (given.length === 0) return CONSTANT
  const own = merge(given.map(value => demoted(sourcesOf(value), role)))
  const reasons = given.map(allReasons).filter(set => set.size > 0)
  return { own, reasons: reasons.length === 0 ? CONSTANT.reasons : new Set(reasons.flatMap(set => [...set])), isNull: false }
}

function demoted(sources: ReadonlyMap<string, Source>, role: Role): ReadonlyMap<string, Source> {
  const isSame = [...sources.values()].every(source => STRENGTH[source.role] <= STRENGTH[role])
  if (isSame) return sources
  return new Map([...sources].map(([key, source]) => [key, STRENGTH[source.role] > STRENGTH[role] ? { ...source, role } : source]))
}

function merge(maps: readonly ReadonlyMap<string, Source>[]): ReadonlyMap<string, Source> {
  const filled = maps.filter(map => map.size > 0)
  if (filled.length <= 1) return filled[0] ?? CONSTANT.own
  const all = new Map(filled[0])
  for (const map of filled.slice(1)) for (const source of map.values()) add(all, source)
  return all
}

function withoutAnywhere(sources: ReadonlyMap<string, Source>): ReadonlyMap<string, Source> {
  const all = [...sources.values()]
  const vague = all.filter(one => one.path.at(-1) === null && all.some(other => isNamedIn(one, other)))
  return vague.length === 0 ? sources : new Map([...sources].filter(([, source]) => !vague.includes(source)))
}

function isNamedIn(one: Source, { relation, column, path, role }: Source): boolean {
  const depth = one.path.length - 1
  const isThere = role !== 'condition' && relation === one.relation && column === one.column
  return isThere && typeof path[depth] === 'string' && one.path.slice(0, depth).every((step, i) => step === path[i])
}

function add(to: Map<string, Source>, source: Source): void {
  const known = to.get(source.key)
  if (!known || STRENGTH[known.role] < STRENGTH[source.role]) to.set(source.key, source)
}

function reasonsOf(values: readonly Value[]): ReadonlySet<string> {
  const filled = values.filter(value => value.reasons.size > 0)
  if (filled.length === 0) return CONSTANT.reasons
  return filled.length === 1 ? filled[0]!.reasons : new Set(filled.flatMap(value => [...value.reasons]))
}
