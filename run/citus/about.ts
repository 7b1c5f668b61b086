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
    if (mode !== 'on') return { lines: ['Citus: not installed, so all tables are plain tables'], faults: [] }
    const hint = 'Add citus to shared_preload_libraries, restart the server, and run: create extension citus'
    return { lines: [], faults: [{ message: 'Citus is not installed, but dbt_project.yml has citus: on', hint }] }
  }
  if (workers.length === 0)
    return {
      lines: [`Citus: ${version}, but no worker that can hold shards; add each one with: select citus_add_node('host', 5432)`],
      faults: [],
    }
  const used = mode === 'off' ? 'not used: dbt_project.yml has citus: off' : 'used'
  const all = await complaints(sql)
  return {
    lines: [
      `Citus: ${version}, workers ${workers.join(', ')}; ${used}`,
      ...all.filter(({ isFatal }) => !isFatal).map(({ message, hint }) => `  ${message}\n    ${hint}`),
    ],
    faults: all.filter(({ isFatal }) => isFatal),
  }
}
