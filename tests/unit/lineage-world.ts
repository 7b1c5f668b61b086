import type { World } from '../../run/lineage/relation.ts'
import { traceQuery } from '../../run/lineage/trace.ts'
import { allReasons, finished, pathLabel, type Value } from '../../run/lineage/value.ts'

const tables: Record<string, string[] | null> = {
  t: ['a', 'b', 'c', 'j'],
  u: ['a', 'x', 'y', 'j'],
  'raw.agents': ['file_id', 'record', 'readable'],
  open: null,
  'ops.open': null,
}

export const world: World = {
  relation: (schema, name) => {
    const id = schema === undefined || schema === 'public' ? name : `${schema}.${name}`
    return Object.hasOwn(tables, id) ? { id, columns: tables[id]! } : undefined
  },
  cte: name => (name === '__dbt__cte__kept' ? { id: 'kept', columns: ['k'] } : undefined),
  isPure: (schema, name) => (schema === 'ops' ? name === 'pure' : name === 'mine' ? false : undefined),
}

/** `a = t.a` is the same value, `a < t.a` computed from it, `a ? t.a` only decided by it; `!` has the reason for incomplete sources. */
export function traced(sql: string): string[] {
  const { columns, unknown } = traceQuery(sql, world)
  return [...columns.map(({ name, value }) => `${name} ${shown(value)}`.trim()), ...unknown.map(what => `* ${what}`)]
}

export function shown(value: Value): string {
  const marks = { copy: '=', value: '<', condition: '?' }
  const sources = [...finished(value).values()].map(({ relation, column, path, role }) =>
    [marks[role], `${relation}.${column}${path.length > 0 ? `:${pathLabel(path)}` : ''}`].join(''),
  )
  return [...sources.sort(), ...[...allReasons(value)].map(reason => `! ${reason}`)].join(' ')
}
