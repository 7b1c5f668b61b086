import { type Problem, ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { toJs } from '../jinja/template.ts'
import { constraintsOf } from '../manifest/constraints.ts'
import { checkContract } from '../manifest/contract.ts'
import type { Node } from '../manifest/node.ts'
import { relationObject, relationOf } from '../manifest/relation.ts'
import { snapshotConfig } from '../manifest/snapshot-config.ts'
import type { Rendering } from '../template/rendering.ts'
import { attempt, configure, type Draft } from './drafts.ts'
import type { Calls } from './kept-calls.ts'

/** The rendering of the parse pass: records calls in the draft (config() calls also in `configs`), and never queries the database. */
export function parseRendering(
  node: Node,
  warn: (problem: Problem) => void,
  draft?: Draft,
  errors: ProjectError[] = [],
  configs: Calls['configs'] = [],
): Rendering {
  return {
    ...SILENT,
    node,
    packageName: node.packageName,
    ref: (name, pack, site, version) => {
      draft?.refs.push({ name, pack, site, ...(version === undefined ? {} : { version }) })
      return relationObject(relationOf(node))
    },
    source: (source, table, site) => {
      draft?.sources.push({ source, table, site })
      return relationObject(relationOf(node))
    },
    configure: (values, site) => {
      if (!draft) return
      const plain = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toJs(value)]))
      configs.push({ values: plain, site })
      configure(draft, [{ values: plain, place: () => site }], errors, undefined)
    },
    warn: message => warn({ message }),
    tell: ({ message, place, hint }) => warn({ message, ...(place ? { place } : {}), hint: hint ?? 'It prints nothing.' }),
    used: new Set(),
    extra: new Map(),
  }
}

/** Sets a node's tags, meta and docs from the final config, and checks what only the final config shows. */
export function settle(
  node: Node,
  errors: ProjectError[],
  packageWith: (materialization: string) => string | undefined = () => undefined,
): void {
  const { config, resourceType, place } = node
  node.tags = (config.tags ?? []) as string[]
  node.meta = (config.meta ?? {}) as Record<string, unknown>
  node.docs = (config.docs ?? {}) as Record<string, unknown>
  const materialized = String(config.materialized)
  if (resourceType === 'model' && !MATERIALIZED.includes(materialized)) {
    if (materialized === 'materialized_view') {
      errors.push(
        new ProjectError(`not supported: the materialization 'materialized_view' of ${node.name}`, {
          place,
          hint: 'Use table instead: a build writes only the rows that differ.',
        }),
      )
      return
    }
    const hint =
      materialized === 'snapshot'
        ? 'Write it as a snapshot, in snapshots/.'
        : (didYouMean(materialized, MATERIALIZED) ?? `Expected one of ${MATERIALIZED.join(', ')}.`)
    const pack = packageWith(materialized)
    const message = pack
      ? `not supported: the materialization '${materialized}' of the package '${pack}', which ${node.name} asks for`
      : `The materialization '${materialized}' of ${node.name} is not known`
    errors.push(new ProjectError(message, { place, hint: pack ? 'Use table or incremental instead.' : hint }))
  }
  if (resourceType === 'model') {
    checkContract(node, errors)
    attempt(errors, () => void constraintsOf(node))
  }
  if (resourceType === 'snapshot') attempt(errors, () => void snapshotConfig(node))
  if (resourceType === 'test' && !['ERROR', 'WARN'].includes(String(config.severity).toUpperCase()))
    errors.push(new ProjectError(`The severity of ${node.name} must be error or warn, not '${config.severity}'`, { place }))
  if (config.merge_update_columns !== undefined && config.merge_exclude_columns !== undefined)
    errors.push(
      new ProjectError(`${node.name} has both merge_update_columns and merge_exclude_columns`, { place, hint: 'Keep one of them.' }),
    )
}

const SILENT = {
  execute: false,
  strict: false,
  ask: () => undefined,
  graph: () => new Map(),
  selected: () => [],
  isIncremental: () => false,
  lastBuilt: () => 0,
  onCitus: () => false,
  print: () => {},
}
const MATERIALIZED = ['view', 'table', 'incremental', 'ephemeral']
