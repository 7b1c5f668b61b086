import type { Sql } from '../database/driver.ts'
import { hasRelations } from '../database/relations.ts'

/** The condition on file_id for files that published views show: their records must stay until the next build is published. */
export async function shownFiles(sql: Sql): Promise<string> {
  const isBuilt = await hasRelations(sql, ['staging.base_loaded_files'])
  return isBuilt ? 'file_id in (select file_id from staging.base_loaded_files)' : 'false'
}
