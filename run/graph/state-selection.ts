import { isDeepStrictEqual } from 'node:util'
import { ProjectError } from '../base/errors.ts'
import { type Exposure, exposureId, type Node, type Project } from '../manifest/node.ts'
import type { Selectable } from './selection.ts'

/** The fields of an earlier manifest.json that are compared. */
interface OldNode {
  raw_code?: string
  checksum?: { checksum?: string } | string
  unrendered_config?: Record<string, unknown>
  fqn?: string[]
  description?: string
  config?: Record<string, unknown>
  columns?: Record<string, { name: string; description?: string; data_type?: string | null; constraints?: unknown[] }>
  constraints?: unknown[]
  database?: string
  schema?: string
  identifier?: string
  freshness?: unknown
  loaded_at_field?: string | null
}

/** Includes reports. */
interface OldExposure extends OldNode {
  meta?: Record<string, unknown>
  type?: string
  label?: string | null
  maturity?: string | null
  url?: string | null
  owner?: object
  depends_on?: { nodes?: string[] }
}

interface OldManifest {
  nodes?: Record<string, OldNode>
  sources?: Record<string, OldNode>
  unit_tests?: Record<string, OldNode>
  exposures?: Record<string, OldExposure>
  macros?: Record<string, { macro_sql?: string }>
}

type StateCheck = (old: OldNode | undefined, node: Selectable) => boolean

/** The predicate of state:…, which compares a node with the manifest of an earlier run. */
export function stateCheck(project: Project, value: string, manifest: unknown): (node: Selectable) => boolean {
  if (typeof manifest !== 'object' || manifest === null)
    throw new ProjectError('Got a state selector method, but no comparison manifest', {
      hint: 'Name the folder of a manifest.json with --state.',
    })
  const old = manifest as OldManifest
  const changed = changedMacros(project, old)
  const macrosChanged: StateCheck = (_, node) => usesChanged(project, node, changed)
  const modified: StateCheck = (before, node) => !sameContents(before, node) || macrosChanged(before, node)
  const checks: Record<string, StateCheck> = {
    new: before => before === undefined,
    old: before => before !== undefined,
    modified,
    unmodified: (before, node) => !modified(before, node),
    'modified.body': (before, node) => isNode(node) && (!before || !sameBody(before, node)),
    'modified.configs': (before, node) => isNode(node) && (!before || !sameConfig(before, node)),
    'modified.persisted_descriptions': (before, node) => isNode(node) && (!before || !sameDescriptions(before, node)),
    'modified.relation': (before, node) => isNode(node) && (!before || !sameRelation(before, node)),
    'modified.macros': macrosChanged,
    'modified.contract': (before, node) => isNode(node) && (!before || !sameContract(before, node)),
  }
  const check = Object.hasOwn(checks, value) ? checks[value]! : undefined
  if (!check) {
    const known = Object.keys(checks).map(name => `'${name}'`)
    throw new ProjectError(`Got an invalid selector "${value}", expected one of "[${known.join(', ')}]"`)
  }
  return node => {
    const { uniqueId: id } = node
    return check(old.nodes?.[id] ?? old.sources?.[id] ?? old.unit_tests?.[id] ?? old.exposures?.[exposureId(id)], node)
  }
}

function isNode(node: Selectable): boolean {
  return !['unit_test', 'report', 'exposure'].includes(node.resourceType)
}

function sameContents(old: OldNode | undefined, node: Selectable): boolean {
  if (!old) return node.resourceType === 'source'
  if (node.resourceType === 'report') return old.config?.checksum === node.checksum && isDeepStrictEqual(old.fqn, node.fqn)
  if (node.resourceType === 'exposure') return sameExposure(old, node as Exposure)
  if (!isNode(node)) return old.checksum === node.checksum && isDeepStrictEqual(old.fqn, node.fqn)
  if (node.resourceType === 'test' && node.test?.generic !== undefined) return sameConfig(old, node) && isDeepStrictEqual(old.fqn, node.fqn)
  const common = sameConfig(old, node) && isDeepStrictEqual(old.fqn, node.fqn) && sameRelation(old, node)
  if (node.resourceType === 'source')
    return (
      common &&
      isDeepStrictEqual(withoutNulls(old.freshness), withoutNulls(node.source?.freshness)) &&
      (old.loaded_at_field ?? undefined) === node.source?.loadedAtField
    )
  return common && sameBody(old, node) && sameDescriptions(old, node) && sameContract(old, node)
}

function sameExposure(old: OldExposure, node: Exposure): boolean {
  const { type, label, maturity, url, owner } = node.exposure
  const now = [type, label, maturity, url, json(owner), node.description, node.fqn, node.dependsOn]
  const before = [old.type, old.label ?? null, old.maturity ?? null, old.url ?? null, withoutNulls(old.owner), old.description ?? '']
  return isDeepStrictEqual(now, [...before, old.fqn, old.depends_on?.nodes ?? []])
}

function sameBody(old: OldNode, node: Node): boolean {
  return node.resourceType === 'seed'
    ? (old.checksum as { checksum?: string } | undefined)?.checksum === node.checksum
    : (old.raw_code ?? '').trim() === node.raw.trim()
}

const NOT_COMPARED = new Set(['alias', 'schema', 'database', 'tags', 'group'])

function sameConfig(old: OldNode, node: Node): boolean {
  const [before, now] = [old.unrendered_config ?? {}, node.unrenderedConfig]
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].every(
    key => NOT_COMPARED.has(key) || isDeepStrictEqual(json(before[key]), json(now[key])),
  )
}

// Compares names as configured, before the target changes them.
function sameRelation(old: OldNode, node: Node): boolean {
  if (node.resourceType === 'source')
    return old.database === node.database && old.schema === node.schema && (old.identifier ?? node.alias) === node.alias
  return ['database', 'schema', 'alias'].every(key => old.unrendered_config?.[key] === node.unrenderedConfig[key])
}

function sameDescriptions(old: OldNode, node: Node): boolean {
  const persist = (node.config.persist_docs ?? {}) as { relation?: boolean; columns?: boolean }
  if (persist.relation && (old.description ?? '') !== node.description) return false
  if (!persist.columns) return true
  const before = Object.values(old.columns ?? {}).map(column => [column.name, column.description ?? ''])
  const now = node.columns.map(column => [column.name, column.description])
  return isDeepStrictEqual(before.sort(), now.sort())
}

function sameContract(old: OldNode, node: Node): boolean {
  const enforced = (config: Record<string, unknown> | undefined): boolean =>
    (config?.contract as { enforced?: boolean } | undefined)?.enforced === true
  if (!enforced(old.config) && !enforced(node.config)) return true
  if (enforced(old.config) !== enforced(node.config)) return false
  const before = Object.values(old.columns ?? {}).map(column => [column.name, column.data_type ?? '', column.constraints ?? []])
  const now = node.columns.map(column => [column.name, column.dataType ?? '', column.constraints ?? []])
  return isDeepStrictEqual(json(before), json(now)) && isDeepStrictEqual(json(old.constraints ?? []), json(node.constraints))
}

// New, changed or removed macros.
function changedMacros(project: Project, old: OldManifest): Set<string> {
  const changed = new Set(Object.keys(old.macros ?? {}).filter(id => !project.macros.has(id)))
  for (const macro of project.macros.values())
    if (old.macros?.[macro.uniqueId]?.macro_sql?.trim() !== macro.text.trim()) changed.add(macro.uniqueId)
  return changed
}

function usesChanged(project: Project, node: Node, changed: Set<string>): boolean {
  if (changed.size === 0) return false
  const seen = new Set<string>()
  const queue = [...node.macros]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    if (changed.has(id)) return true
    queue.push(...(project.macros.get(id)?.macros ?? []))
  }
  return false
}

function withoutNulls(value: unknown): unknown {
  const plain = json(value)
  if (typeof plain !== 'object' || plain === null) return undefined
  return Object.fromEntries(Object.entries(plain).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item) ?? item]])))
}

// The value as in an artifact: no undefined, no prototypes.
function json(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
