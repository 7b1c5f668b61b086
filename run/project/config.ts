import { type Place, type Problem, ProjectError } from '../base/errors.ts'
import { readJson } from '../base/json-text.ts'
import { didYouMean, useInstead } from '../base/suggest.ts'
import { textsOf } from '../base/texts.ts'
import { named, passedOver } from '../base/validate.ts'
import { isYamlMap, placeOf, type YamlMap } from '../base/yaml.ts'
import type { Config, ResourceType } from '../manifest/node.ts'
import { CONFIG_KEYS, type ConfigKey, canonical, NOT_SUPPORTED, NOT_SUPPORTED_VALUES, REFUSED } from './config-keys.ts'

/** Values of one level of precedence, and the place of each key. */
export interface ConfigLevel {
  values: Config
  place: (key: string) => Place | undefined
}

/** Renders the Jinja of a string of YAML. */
export type RenderYaml = (value: unknown, place: (() => Place | undefined) | undefined) => unknown

/**
 * The levels of dbt_project.yml for a node, from its widest folder to its narrowest: in `models:` the keys with a `+` and those whose value
 * is not a mapping, at the top, under the project's name, and under each folder of the fqn.
 */
export function projectLevels(tree: YamlMap | undefined, fqn: string[], used?: Set<object>): ConfigLevel[] {
  const levels: ConfigLevel[] = []
  let folder: unknown = tree
  for (let depth = 0; isYamlMap(folder); depth++) {
    const here = folder
    used?.add(here)
    const keys = Object.keys(here).filter(key => key.startsWith('+') || !isYamlMap(here[key]))
    const values = Object.fromEntries(keys.map(key => [key.replace(/^\+/, ''), here[key]]))
    if (keys.length > 0) levels.push({ values, place: key => placeOf(here, Object.hasOwn(here, `+${key}`) ? `+${key}` : key) })
    const next = fqn[depth]
    folder = next !== undefined && Object.hasOwn(here, next) ? here[next] : undefined
  }
  return levels
}

/** Folders in a tree of dbt_project.yml that contain no node, such as `models.deskledger.stagin`, with their places. */
export function unusedFolders(tree: YamlMap | undefined, prefix: string, used: Set<object>): { path: string; place: Place | undefined }[] {
  if (!tree) return []
  return Object.entries(tree).flatMap(([key, value]) => {
    if (key.startsWith('+') || !isYamlMap(value)) return []
    const path = `${prefix}.${key}`
    return used.has(value) ? unusedFolders(value, path, used) : [{ path, place: placeOf(tree, key) }]
  })
}

/**
 * Applies one level to a config, with each key's way of merging, and gives the new config. Keys that are unknown or not for this node type
 * are warnings, values of the wrong form errors. `render` is for strings of YAML; a config() call has rendered its own.
 */
export function applyLevel(
  config: Config,
  level: ConfigLevel,
  type: ResourceType,
  found: { errors: ProjectError[]; warnings: Problem[] },
  render?: RenderYaml,
): Config {
  const result: Config = { ...config }
  for (const [written, raw] of Object.entries(level.values)) {
    const key = canonical(written)
    const place = level.place(written)
    const problem = (message: string, hint?: string): void => {
      found.errors.push(new ProjectError(message, { place, hint }))
    }
    const notice = (message: string, hint: string): void => {
      found.warnings.push({ message, ...(place ? { place } : {}), hint })
    }
    if (written !== key && Object.hasOwn(level.values, key))
      problem(`Both '${written}' and '${key}' are given, but they are the same config`, 'Merge them under one of the two, as a list.')
    const known = Object.hasOwn(CONFIG_KEYS, key) ? CONFIG_KEYS[key]! : undefined
    if (!known) {
      const instead = Object.hasOwn(NOT_SUPPORTED, key) ? NOT_SUPPORTED[key] : undefined
      if (instead && REFUSED.has(key)) problem(`not supported: the config '${written}'`, useInstead(instead))
      else if (instead) notice(passedOver(`the config '${written}'`), useInstead(instead))
      else
        notice(
          `Unknown config '${written}' of a ${type}`,
          didYouMean(written, keysOf(type)) ?? `Put your own keys under meta: { ${written}: … }.`,
        )
      // As in dbt, config.get() can read it nevertheless.
      result[key] = render ? render(raw, () => place) : raw
      continue
    }
    if (!known.on.includes(type)) {
      notice(`'${written}' is a config of ${known.on.map(on => `${on}s`).join(' and ')}, not of a ${type}`, 'Remove it: it is ignored.')
      result[key] = render ? render(raw, () => place) : raw
      continue
    }
    const value = render && known.type !== 'hooks' ? render(raw, () => place) : raw
    if (value === null || value === undefined) {
      if (known.kind === 'clobber') delete result[key]
      continue
    }
    const other = typeof value === 'string' ? NOT_SUPPORTED_VALUES[key]?.[value] : undefined
    if (other) {
      problem(`not supported: ${written} '${value}'`, useInstead(other))
      continue
    }
    const wrong = misfit(value, known)
    if (wrong) problem(`'${written}' must be ${wrong}, not ${named(value)}`)
    else result[key] = merge(result[key], value, known)
  }
  return result
}

/** The config keys of a node type. */
export function keysOf(type: ResourceType): string[] {
  return Object.keys(CONFIG_KEYS).filter(key => CONFIG_KEYS[key]!.on.includes(type))
}

/**
 * A hook in dbt's form: text, or a mapping with `sql` and `transaction`; and our `follows_rows: true`: the hook has nothing to do when its
 * node writes no rows, so that the node can be skipped.
 */
export interface Hook {
  sql: string
  transaction: boolean
  follows_rows?: true
}

/** Hooks in any of their forms, as a list. */
export function hooksOf(value: unknown): Hook[] {
  if (value === undefined || value === null || value === '') return []
  if (Array.isArray(value)) return value.flatMap(hooksOf)
  // before_begin() and after_commit() give their mapping as JSON.
  if (typeof value === 'string') return value.startsWith('{"') ? hooksOf(readJson(value, 'a hook')) : [{ sql: value, transaction: true }]
  const hook = value as { sql?: unknown; transaction?: unknown; follows_rows?: unknown }
  const followsRows = hook.follows_rows === true && { follows_rows: true as const }
  return [{ sql: String(hook.sql ?? ''), transaction: hook.transaction !== false, ...followsRows }]
}

function merge(below: unknown, value: unknown, { kind, type }: ConfigKey): unknown {
  if (type === 'hooks') return [...((below ?? []) as Hook[]), ...hooksOf(value)]
  if (kind === 'append') return [...new Set([...textsOf(below), ...textsOf(value)])]
  if (kind === 'dict') return { ...(below as object), ...(value as object) }
  if (kind === 'grants') return mergeGrants((below ?? {}) as Record<string, unknown>, value as Record<string, unknown>)
  return value
}

function mergeGrants(below: Record<string, unknown>, value: Record<string, unknown>): Record<string, unknown> {
  const grants: Record<string, unknown> = { ...below }
  for (const [key, grantees] of Object.entries(value))
    if (key.startsWith('+')) grants[key.slice(1)] = [...new Set([...textsOf(grants[key.slice(1)]), ...textsOf(grantees)])]
    else grants[key] = textsOf(grantees)
  return grants
}

// The required form of a wrong value; undefined for a valid one.
function misfit(value: unknown, { type, values }: ConfigKey): string | undefined {
  const scalar = typeof value !== 'object'
  if (values && !values.includes(String(value))) return `one of ${values.join(', ')}`
  switch (type) {
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'text':
      return scalar ? undefined : 'text'
    case 'number':
      return typeof value === 'number' ? undefined : 'a number'
    case 'texts':
      return scalar || (Array.isArray(value) && value.every(item => typeof item !== 'object')) ? undefined : 'a text or a list of texts'
    case 'list':
      return Array.isArray(value) ? undefined : 'a list'
    case 'map':
      return isYamlMap(value) ? undefined : 'a mapping'
    case 'hooks':
      return hooksOf(value).every(hook => hook.sql !== '') ? undefined : 'SQL, a list of SQL, or mappings with sql and transaction'
    case 'any':
      return undefined
  }
}
