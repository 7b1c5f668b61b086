import { answering } from '../database/answers.ts'
import type { Session } from '../database/driver.ts'
import type { Published } from '../history/run-log.ts'
import type { Node } from '../manifest/node.ts'
import type { Report } from '../report/report.ts'
import type { RunContext } from '../template/compile.ts'
import { type CutOff, isFull } from './cut-off.ts'
import type { Plan } from './plan.ts'

/** What templates may know in this run: is_incremental(), last_built(), and the database as the transaction sees it. */
export async function contextOf(
  session: Session,
  plan: Pick<Plan, 'hasLog' | 'fullRefresh' | 'onCitus'>,
  published: Map<string, Published>,
  cutOff: Pick<CutOff, 'isContinued' | 'asks'> | undefined,
  report: Report,
): Promise<RunContext> {
  const existing = new Set(
    (
      await session<{ name: string }[]>`
      select format('%s.%s', nspname, relname) as name from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p')`
    ).map(row => row.name),
  )
  const known = (node: Node) => {
    return !isFull(plan, node) && cutOff?.isContinued(node) ? published.get(node.uniqueId) : undefined
  }
  return {
    database: answering(session),
    isIncremental: node =>
      node.config.materialized === 'incremental' &&
      !isFull(plan, node) &&
      existing.has(`${node.schema}.${node.alias}`) &&
      (!plan.hasLog || known(node) !== undefined),
    lastBuilt: node => known(node)?.landedIn ?? 0,
    onCitus: plan.onCitus ?? false,
    ...(cutOff ? { asks: cutOff.asks } : {}),
    print: message => report.note(message),
    warn: message => report.warn({ message }),
  }
}
