import type { Session, Sql } from '../database/driver.ts'
import type { CitusMode, Project } from '../manifest/node.ts'
import type { Report } from '../report/report.ts'
import { findCluster } from './cluster.ts'
import { distribute } from './distribute.ts'
import { checkHealth } from './health.ts'

/**
 * Whether there is a cluster to use, for commands that only read. Checks its nodes first: a statement that needs an unreachable node would
 * wait for it, and then lose its connection.
 */
export async function useCluster(sql: Sql | Session, mode: CitusMode): Promise<boolean> {
  if (!(await findCluster(sql, mode))) return false
  await checkHealth(sql)
  return true
}

/**
 * Prepares a cluster for a load or a build, while the caller holds the lock: checks its nodes and settings, completes commits that a dead
 * node left unfinished, and places tables as configured. Gives whether there is a cluster to use.
 */
export async function prepareCluster(
  sql: Sql,
  session: Session,
  mode: CitusMode,
  models: () => Promise<Project>,
  report: Report,
): Promise<boolean> {
  const cluster = await findCluster(sql, mode)
  if (!cluster) return false
  await checkHealth(sql)
  const recovered = await recover(session)
  if (recovered > 0) report.note(`Ended ${recovered} half-done commits of an earlier run on the workers`)
  const placed = await distribute(session, await models())
  if (placed.length > 0) report.note(`Citus ${cluster.version}, ${cluster.workers.length} workers: placed ${placed.join(', ')}`)
  return true
}

async function recover(session: Session): Promise<number> {
  const [row] = await session<{ recovered: number }[]>`select recover_prepared_transactions() as recovered`.catch(error => {
    // The maintenance daemon also does this, every minute.
    if ((error as { code?: string }).code === '42501') return []
    throw error
  })
  return row?.recovered ?? 0
}
