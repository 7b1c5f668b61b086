import { answering } from '../database/answers.ts'
import type { Session } from '../database/driver.ts'
import type { Listed } from '../database/relations.ts'
import type { Published } from '../history/run-log.ts'
import { isReport, type Node } from '../manifest/node.ts'
import type { Report } from '../report/report.ts'
import type { RunContext } from '../template/compile.ts'
import { type CutOff, isFull } from './cut-off.ts'
import type { Plan } from './plan.ts'

/** What exists when a run begins; without a run log only the relations. */
export interface Present {
  relations: Listed[]
  published?: Map<string, Published>
  cutOff?: Pick<CutOff, 'isContinued' | 'asks'> | undefined
}

/**
 * The context of templates in this run: the selected nodes, is_incremental(), last_built(), and the database as the transaction sees it.
 */
export function contextOf(
  session: Session,
  plan: Pick<Plan, 'nodes' | 'hasLog' | 'fullRefresh' | 'onCitus'>,
  { relations, published, cutOff }: Present,
  report: Report,
): RunContext {
  const tables = new Set(relations.filter(({ isTable }) => isTable).map(({ schema, name }) => `${schema}.${name}`))
  const known = (node: Node) => (!isFull(plan, node) && cutOff?.isContinued(node) ? published?.get(node.uniqueId) : undefined)
  return {
    database: answering(session),
    selected: plan.nodes.filter(node => !isReport(node)).map(({ uniqueId }) => uniqueId),
    isIncremental: node =>
      node.config.materialized === 'incremental' &&
      !isFull(plan, node) &&
      tables.has(`${node.schema}.${node.alias}`) &&
      (!plan.hasLog || known(node) !== undefined),
    lastBuilt: node => known(node)?.landedIn ?? 0,
    onCitus: plan.onCitus ?? false,
    ...(cutOff ? { asks: cutOff.asks } : {}),
    print: message => report.note(message),
    warn: message => report.warn({ message }),
  }
}
