import type { Sql } from '../database/driver.ts'
import type { CitusMode } from '../manifest/node.ts'
import { look } from './cluster.ts'
import { complaints } from './health.ts'

/** The lines of `debug` about Citus. */
export interface AboutCitus {
  /** Its version and nodes, whether it is used, and what could be better. */
  lines: string[]
  /** Problems with which no build can run, and the command to fix them. */
  faults: { message: string; hint: string }[]
}

/** Checks Citus in this database, and each of its nodes. */
export async function aboutCitus(sql: Sql, mode: CitusMode): Promise<AboutCitus> {
  const { version, workers } = await look(sql)
  if (!version) {
    if (mode !== 'on') return { lines: ['Citus: not here, so that all tables are plain ones'], faults: [] }
    const hint = 'Put citus into shared_preload_libraries, restart, and type: create extension citus'
    return { lines: [], faults: [{ message: 'Citus is not here, and dbt_project.yml says citus: on', hint }] }
  }
  if (workers.length === 0)
    return {
      lines: [`Citus: ${version}, but no worker that may hold shards; for each type: select citus_add_node('host', 5432)`],
      faults: [],
    }
  const used = mode === 'off' ? 'not used: dbt_project.yml says citus: off' : 'used'
  const all = await complaints(sql)
  return {
    lines: [
      `Citus: ${version}, workers ${workers.join(', ')}; ${used}`,
      ...all.filter(({ isFatal }) => !isFatal).map(({ message, hint }) => `  ${message}\n    ${hint}`),
    ],
    faults: all.filter(({ isFatal }) => isFatal),
  }
}
