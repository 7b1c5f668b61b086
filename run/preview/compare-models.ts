import { isOwnError } from '../base/errors.ts'
import { findRelation } from '../database/catalogue.ts'
import type { Sql } from '../database/driver.ts'
import { isRepeatable } from '../database/errors.ts'
import { qualified } from '../database/relations.ts'
import { underSavepoint } from '../database/savepoint.ts'
import { isLive } from '../history/watermarks.ts'
import type { Node } from '../manifest/node.ts'
import type { Observer } from '../materialize/context.ts'
import { differencesOf } from './diff.ts'
import type { Diff } from './diff-lines.ts'

/**
 * Compares what is published of some nodes with the result of a trial: call `diffs()` after its end; they are in the order of the nodes. A
 * table that the trial skips is unchanged, and is reported only if it was selected by name.
 */
export function candidatesOf(
  nodes: Node[],
  how: { isNamed: boolean; ignore: string[]; examples: number; keyOf(node: Node, before: string, after: string): Promise<string[]> },
): { observer: Observer; diffs(): Diff[] } {
  const kept = new Map<string, string>()
  const found: Diff[] = []
  const observer: Observer = {
    // Before anything is built: a view shows the present rows of its parents.
    async begin(session) {
      for (const node of nodes.filter(isLive)) await keep(session, node)
    },
    async building(session, node) {
      if (nodes.includes(node) && !isLive(node)) await keep(session, node)
    },
    async end(session, results) {
      for (const node of nodes) {
        const result = results.find(one => one.node === node)
        if (result?.status !== 'success' || (result.isReused && !isLive(node) && !how.isNamed)) continue
        if (result.isReused && !isLive(node)) kept.set(node.uniqueId, relationOf(node))
        found.push(await compared(session, node))
      }
    },
  }
  return { observer, diffs: () => found }

  async function keep(session: Sql, node: Node): Promise<void> {
    if (!(await findRelation(session, relationOf(node)))) return
    const name = `dbt_published_${nodes.indexOf(node)}`
    await session.unsafe(`create temporary table ${name} on commit drop as select * from ${relationOf(node)}`)
    kept.set(node.uniqueId, `pg_temp.${name}`)
  }

  async function compared(sql: Sql, node: Node): Promise<Diff> {
    const shown = `${node.schema}.${node.alias}`
    const diff = { unique_id: node.uniqueId, before: `${shown} as published`, after: 'as it would be', differences: null }
    const before = kept.get(node.uniqueId)
    if (!before) {
      const [row] = await sql.unsafe<{ n: string }[]>(`select count(*) as n from ${relationOf(node)}`)
      return { ...diff, before: `${shown}, which does not exist yet`, rows: Number(row?.n) }
    }
    try {
      return await underSavepoint(sql, 'comparing', async () => {
        const key = await how.keyOf(node, relationOf(node), before)
        return { ...diff, differences: await differencesOf(sql, before, relationOf(node), { ...how, key }) }
      })
    } catch (error) {
      if (!isOwnError(error) || isRepeatable(error)) throw error
      return { ...diff, error }
    }
  }
}

function relationOf(node: Node): string {
  return qualified(node.schema, node.alias)
}
