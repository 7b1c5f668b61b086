import { prepareCluster } from '../citus/prepare.ts'
import type { Session, Sql } from '../database/driver.ts'
import { migrate } from '../database/migrate.ts'
import type { Project } from '../manifest/node.ts'
import type { Report } from '../report/report.ts'

/**
 * Prepares the database for a load or a build, while the caller holds the lock: applies and reports migrations, and places tables of a
 * cluster. Gives whether it is a cluster. `models` is called only where there is a cluster.
 */
export async function prepareDatabase(
  { sql, session, report }: { sql: Sql; session: Session; report: Report },
  project: Pick<Project, 'dir' | 'citus'>,
  models: () => Promise<Project>,
): Promise<boolean> {
  for (const name of await migrate(sql, project.dir)) report.note(`Applied migration ${name}`)
  return prepareCluster(sql, session, project.citus, models, report)
}
