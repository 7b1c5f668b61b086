import type { Sql } from '../database/driver.ts'
import type { CitusMode } from '../manifest/node.ts'
import { look } from './cluster.ts'
import { complaints } from './health.ts'

/** Lines of `debug`: what there is of Citus, whether it is used, what is missing and what to type. */
export async function aboutCitus(sql: Sql, mode: CitusMode): Promise<string[]> {
  const { version, workers } = await look(sql)
  if (!version) {
    return [
      mode === 'on'
        ? 'Citus: not here, and dbt_project.yml says citus: on; put citus into shared_preload_libraries, restart, and type: create extension citus'
        : 'Citus: not here, so that all tables are plain ones',
    ]
  }
  if (workers.length === 0) {
    return [`Citus: ${version}, but no worker that may hold shards; for each type: select citus_add_node('host', 5432)`]
  }
  const used = mode === 'off' ? 'not used: dbt_project.yml says citus: off' : 'used'
  const missing = (await complaints(sql)).map(({ message, hint }) => `  ${message}\n    ${hint}`)
  return [`Citus: ${version}, workers ${workers.join(', ')}; ${used}`, ...missing]
}
