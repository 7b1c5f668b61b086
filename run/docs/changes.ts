import { type Differences, type Example, isSame } from '../preview/diff.ts'
import type { Diff } from '../preview/diff-lines.ts'
import type { Planned, RelationPlan } from '../preview/plan.ts'
import { isChange } from '../preview/plan-lines.ts'
import type { TableChange } from './changes-shape.ts'
import { MASK } from './personal.ts'

/** The tables of a plan; `mask` hides personal values. */
export function tablesOfPlan({ relations }: Planned, mask: Mask): { tables: TableChange[]; same: number } {
  const shown = relations.filter(one => one.status === 'error' || (one.status === 'success' && isChange(one))).reverse()
  return {
    tables: shown.map(one => ofPlan(one, mask)),
    same: relations.filter(({ status }) => status === 'success').length - shown.filter(({ status }) => status === 'success').length,
  }
}

/** The tables of comparisons. */
export function tablesOfDiffs(diffs: Diff[], nameOf: (id: string) => string, mask: Mask): { tables: TableChange[]; same: number } {
  const shown = diffs.filter(({ differences }) => differences === null || !isSame(differences))
  return { tables: shown.map(diff => ofDiff(diff, nameOf, mask)), same: diffs.length - shown.length }
}

/** Tells whether a table's column is personal, and its values are hidden. */
export type Mask = (table: string, column: string) => boolean

function ofPlan(one: RelationPlan, mask: Mask): TableChange {
  const { rows } = one
  return {
    id: one.unique_id,
    name: one.relation,
    state: one.status === 'error' ? 'failed' : one.is_new ? 'new' : 'changed',
    message: one.status === 'error' ? one.action : null,
    rows: rows && {
      before: one.is_new || one.total === null ? null : one.total - rows.inserted + rows.deleted,
      after: one.total,
      added: rows.inserted,
      changed: rows.updated,
      removed: rows.deleted,
    },
    columns: {
      added: one.columns.added.map(({ name, type }) => `${name} ${type}`),
      removed: one.columns.removed.map(({ name }) => name),
      retyped: one.columns.retyped.map(({ name, before, after }) => `${name} ${before} → ${after}`),
      changed: one.columns.changed,
    },
    examples: one.examples.map(example => masked(one.unique_id, example, mask)),
  }
}

function ofDiff(
  { unique_id: id = '', before, after, differences, rows, error }: Diff,
  nameOf: (id: string) => string,
  mask: Mask,
): TableChange {
  const found: Differences | null = differences
  return {
    id,
    name: id ? nameOf(id) : `${before} → ${after}`,
    state: error !== undefined ? 'failed' : found ? 'changed' : 'new',
    message: error === undefined ? null : (error as Error).message,
    rows: found
      ? { before: found.rows.before, after: found.rows.after, added: found.added, changed: found.changed, removed: found.removed }
      : rows === undefined
        ? null
        : { before: null, after: rows, added: rows, changed: 0, removed: 0 },
    columns: {
      added: (found?.columnsAdded ?? []).map(({ name, type }) => `${name} ${type}`),
      removed: (found?.columnsRemoved ?? []).map(({ name }) => name),
      retyped: (found?.columnsRetyped ?? []).map(column => `${column.name} ${column.before} → ${column.after}`),
      changed: found?.columns ?? [],
    },
    examples: (found?.examples ?? []).map(example => masked(id, example, mask)),
  }
}

function masked(id: string, example: Example, mask: Mask): Example {
  const hide = (name: string, value: string | null) => (value !== null && mask(id, name) ? MASK : value)
  return {
    kind: example.kind,
    key: Object.fromEntries(Object.entries(example.key).map(([name, value]) => [name, hide(name, value)])),
    values: Object.fromEntries(
      Object.entries(example.values).map(([name, sides]) => [
        name,
        Object.fromEntries(Object.entries(sides).map(([side, value]) => [side, value === undefined ? value : hide(name, value)])),
      ]),
    ),
  }
}
