import { textsOf } from '../base/texts.ts'
import { type ExistingColumn, findRelation } from '../database/catalogue.ts'
import type { Session } from '../database/driver.ts'
import { qualified } from '../database/relations.ts'
import { underSavepoint } from '../database/savepoint.ts'
import type { FeedState } from '../execute/feed-state.ts'
import type { Built } from '../execute/plan.ts'
import { hasRelation, type Node } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { Observer } from '../materialize/context.ts'
import { target } from '../materialize/statements.ts'
import { renderMacro } from '../template/compile.ts'
import { changedExamples } from './changed-examples.ts'
import { type Differences, differencesOf, type Example } from './diff.ts'

/** The effects of a build: the output of plan, and its JSON document. */
export interface Planned {
  /** Whether the build would be published. */
  outcome: 'publish' | 'fail'
  /** The feed, per new or changed batch and entity; null where nothing was loaded. */
  feed: FeedPlan[] | null
  relations: RelationPlan[]
  /** The state of the feed; null without one. */
  state: FeedState | null
  /** Open errors and warnings that would appear or be resolved; null without errors tables. */
  errors: { new: ErrorsPlan; resolved: ErrorsPlan } | null
  tests: { passed: number; failing: TestPlan[] }
  /** Failures other than those of nodes: a foreign key, a view of somebody else, a hook. */
  problems: string[]
}

/** What would land for an entity of a batch. */
export interface FeedPlan {
  batch: string
  entity: string
  files: number
  records: number
  refused: { path: string; reason: string }[]
  pruned: number
}

/** The effect on a model, seed or snapshot. */
export interface RelationPlan {
  unique_id: string
  resource_type: string
  relation: string
  status: NodeResult['status']
  /** As in the lines of a build: `MERGE 3`, `CREATE VIEW`, `UNCHANGED`. */
  action: string
  is_new: boolean
  /** Null where rows are not counted, as for a view. */
  rows: { inserted: number; updated: number; deleted: number; unchanged: number } | null
  columns: {
    added: { name: string; type: string }[]
    removed: { name: string; type: string }[]
    retyped: { name: string; before: string; after: string }[]
    /** The number of updated rows in which each column differs. */
    changed: { name: string; rows: number }[]
  }
  /** Examples of rows before and after, and the future number of rows, on request. */
  examples: Example[]
  total: number | null
}

/** Open errors that appear or disappear. */
export interface ErrorsPlan {
  count: number
  by: { table: string; severity: string; error_type: string; count: number }[]
  /** The first ones, individually. */
  shown: ErrorPlan[]
}

/** An error; `key` as far as it is readable. */
export interface ErrorPlan {
  table: string
  error_id: string
  severity: string
  error_type: string
  error_message: string
  key: Record<string, string | null>
  source: string
  file: string | null
  position: number | null
}

/** A test or report that would fail or warn. */
export interface TestPlan {
  unique_id: string
  name: string
  status: NodeResult['status']
  failures: number | null
  message: string
}

/**
 * Observes a trial and records what it would change; `planned()` gives the result. `most` errors of each kind are named; all with -1.
 * `examples` rows of each kind are kept per table.
 */
export function createPlanned(options: {
  nodes: Node[]
  most: number
  examples: number
  /** Loads the feed inside the transaction. */
  load: ((session: Session) => Promise<FeedPlan[]>) | null
  /** Reads the state of the feed, at the end. */
  feedState: ((session: Session) => Promise<FeedState | undefined>) | null
  /** Observes the errors tables, if any. */
  errorChanges: { begin(session: Session): Promise<void>; end(session: Session, most: number): Promise<Planned['errors']> } | null
}): { observer: Observer; planned(built: Built): Planned } {
  let feed: FeedPlan[] | null = null
  let state: FeedState | null = null
  let errors: Planned['errors'] = null
  const before = new Map<string, ExistingColumn[] | null>()
  const after = new Map<string, ExistingColumn[] | null>()
  const changed = new Map<string, RelationPlan['columns']['changed']>()
  const replaced = new Map<string, Differences>()
  const examples = new Map<string, Example[]>()
  const totals = new Map<string, number>()

  const observer: Observer = {
    async begin(session) {
      for (const node of options.nodes.filter(hasRelation)) before.set(node.uniqueId, await columnsOf(session, node))
      await options.errorChanges?.begin(session)
      feed = (await options.load?.(session)) ?? null
    },
    async built(session, { node, status, isReused }) {
      if (hasRelation(node) && status === 'success' && !isReused) after.set(node.uniqueId, await columnsOf(session, node))
    },
    async changing(work, { changes, key, compared }) {
      if (compared.length === 0) return
      const { text } = await renderMacro(
        work.project,
        work.node,
        'count_changed_columns',
        { relation: target(work), changes, key, compared },
        work.context,
      )
      const [counts] = await work.sql.unsafe(text).values()
      const rows = compared.map(({ name }, i) => ({ name: name.slice(1, -1).replaceAll('""', '"'), rows: Number(counts?.[i] ?? 0) }))
      changed.set(
        work.node.uniqueId,
        rows.filter(column => column.rows > 0).sort((a, b) => b.rows - a.rows),
      )
      if (options.examples > 0)
        examples.set(work.node.uniqueId, await changedExamples(work.sql, target(work), { changes, key, compared, most: options.examples }))
    },
    async replacing(work, existing, incoming) {
      if (existing.kind !== 'table') return
      const key = keyIn(work.node, existing.columns, incoming.columns.columns)
      const found = await underSavepoint(work.sql, 'comparing', () =>
        differencesOf(work.sql, target(work), incoming.name, { key, examples: options.examples }),
      )
      replaced.set(work.node.uniqueId, found)
    },
    async end(session, results) {
      if (options.examples > 0)
        for (const { node, status, inserted, isReused } of results)
          if (hasRelation(node) && status === 'success' && inserted !== null && !isReused)
            totals.set(node.uniqueId, await countOf(session, node))
      state = (await options.feedState?.(session)) ?? null
      errors = (await options.errorChanges?.end(session, options.most)) ?? null
    },
  }
  return { observer, planned }

  function planned({ results, problems, status }: Built): Planned {
    const tests = results.filter(({ node }) => isTest(node))
    return {
      outcome: status === 'failed' ? 'fail' : 'publish',
      feed,
      state,
      relations: results.filter(({ node, status }) => hasRelation(node) || (!isTest(node) && status !== 'success')).map(relationOf),
      errors,
      tests: {
        passed: tests.filter(({ status }) => status === 'pass').length,
        failing: tests
          .filter(({ status }) => status !== 'pass' && status !== 'success')
          .map(({ node, status, failures, message }) => ({ unique_id: node.uniqueId, name: node.name, status, failures, message })),
      },
      problems: problems.map(problem => (problem as Error).message),
    }
  }

  function relationOf(result: NodeResult): RelationPlan {
    const { node, status, message } = result
    const [old, now] = [before.get(node.uniqueId) ?? null, after.get(node.uniqueId) ?? null]
    const difference = replaced.get(node.uniqueId)
    const counted = {
      inserted: result.inserted ?? 0,
      updated: result.updated ?? 0,
      deleted: result.deleted ?? 0,
      unchanged: result.unchanged ?? 0,
    }
    const compared = difference && {
      inserted: difference.added,
      updated: difference.changed,
      deleted: difference.removed,
      unchanged: difference.same,
    }
    return {
      unique_id: node.uniqueId,
      resource_type: node.resourceType,
      relation: `${node.schema}.${node.alias}`,
      status,
      action: message,
      is_new: old === null && now !== null,
      rows: result.inserted === null ? null : (compared ?? counted),
      columns: { ...columnChanges(old, now), changed: (difference?.columns ?? changed.get(node.uniqueId) ?? []).slice() },
      examples: difference?.examples ?? examples.get(node.uniqueId) ?? [],
      total: totals.get(node.uniqueId) ?? null,
    }
  }
}

/** Columns that identify a row in both relations: unique_key if both have it, else none. */
export function keyIn(node: Node, ...sides: { name: string }[][]): string[] {
  const key = textsOf(node.config.unique_key || null)
  return key.every(name => sides.every(columns => columns.some(column => column.name === name))) ? key : []
}

// A report that does not run is reported as a failing test.
function isTest({ resourceType }: Node): boolean {
  return resourceType === 'test' || resourceType === 'unit_test' || resourceType === 'report'
}

async function countOf(session: Session, node: Node): Promise<number> {
  const [row] = await session.unsafe<{ n: number }[]>(`select count(*)::float8 as n from ${qualified(node.schema, node.alias)}`)
  return row?.n ?? 0
}

async function columnsOf(session: Session, node: Node): Promise<ExistingColumn[] | null> {
  return (await findRelation(session, qualified(node.schema, node.alias)))?.columns ?? null
}

function columnChanges(old: ExistingColumn[] | null, now: ExistingColumn[] | null): Omit<RelationPlan['columns'], 'changed'> {
  if (!old || !now) return { added: [], removed: [], retyped: [] }
  const plain = ({ name, type }: ExistingColumn) => ({ name, type })
  return {
    added: now.filter(({ name }) => !old.some(column => column.name === name)).map(plain),
    removed: old.filter(({ name }) => !now.some(column => column.name === name)).map(plain),
    retyped: old.flatMap(({ name, type }) => {
      const other = now.find(column => column.name === name)
      return other && other.type !== type ? [{ name, before: type, after: other.type }] : []
    }),
  }
}
