import { placeText } from '../base/codeframe.ts'
import { isPostgresError, type Place, ProjectError, ProjectErrors } from '../base/errors.ts'
import { inOneLine } from '../base/sanitize.ts'
import type { Alert } from '../execute/feed-state.ts'
import type { NodeResult } from '../manifest/result.ts'
import { plural } from '../report/format.ts'
import type { Cause, Outcome } from './outcome.ts'

/**
 * Why a run needs attention, one cause per origin: a problem of one batch and entity, then failed nodes without a failed ancestor, then
 * errors of the run itself. Empty where no attention is needed.
 */
export function causesOf({ results = [], alerts = [], causes = [] }: Outcome, errors: unknown[], exitCode: number): Cause[] {
  const told = new Set(results.map(({ error }) => error).filter(Boolean))
  const feed = feedCauses(alerts)
  const found = [
    ...feed.map(({ cause }) => cause),
    ...nodeCauses(results, feed),
    ...causes,
    ...errors.filter(error => !told.has(error)).flatMap(errorCauses),
  ]
  if (exitCode === 0 || found.length > 0) return found
  return [{ name: 'Error', text: `Ended with exit code ${exitCode} without reporting a cause`, next: LOG, below: [] }]
}

const LOG = 'See the log of the run, or npx tsx run.ts runs.'

interface FeedCause {
  cause: Cause
  entity: string | undefined
}

// A refused page also leaves its snapshot incomplete: this is one cause, described by the first of the alerts.
function feedCauses(alerts: Alert[]): FeedCause[] {
  const firsts = new Map<string, Alert>()
  for (const alert of alerts) {
    const key = alert.about ? `${alert.about.batch} ${alert.about.entity}` : alert.name
    if (!firsts.has(key)) firsts.set(key, alert)
  }
  return [...firsts.values()].map(({ name, about, message, hint }) => ({
    entity: about?.entity,
    cause: { name, text: about ? SAID[name](about) : inOneLine(message), next: hint, below: [] },
  }))
}

// Does not use the alert's own message, which may quote the feed.
const SAID: Record<Alert['name'], (about: { batch: string; entity: string }) => string> = {
  RefusedEntity: ({ batch, entity }) => `All ${entity} of ${batch} were refused`,
  IncompleteSnapshot: ({ batch, entity }) => `The ${entity} of ${batch} are incomplete`,
  ShrunkSnapshot: ({ batch, entity }) => `${batch} lists far fewer ${entity} than the batch before`,
  MissingEntity: ({ batch, entity }) => `${batch} has no ${entity}`,
  UndatedBatch: ({ batch }) => `Batch ${batch} has no date in its name`,
  UnchangedFeed: () => 'No new feed files',
}

function nodeCauses(results: NodeResult[], feed: FeedCause[]): Cause[] {
  const failed = results.filter(({ status }) => status === 'error' || status === 'fail')
  const above = ancestry(results)
  const byId = new Map<string, Cause>()
  const own: Cause[] = []
  for (const result of failed) {
    const parents = above(result.node.uniqueId)
    const higher = failed.find(({ node }) => parents.has(node.uniqueId))
    const source = feed.find(({ entity }) => entity !== undefined && [...parents].some(id => id.endsWith(`.raw.${entity}`)))?.cause
    const cause = (higher && byId.get(higher.node.uniqueId)) ?? source
    if (cause) cause.below.push(result.node.name)
    else own.push(causeOf(result))
    byId.set(result.node.uniqueId, cause ?? own.at(-1)!)
  }
  for (const { node, status, because } of results)
    if (status === 'skipped' && because !== undefined) byId.get(because)?.below.push(node.name)
  return own
}

/** All ancestors of a node, through every step that was run; a test is below the nodes that it tests. */
function ancestry(results: NodeResult[]): (id: string) => Set<string> {
  const parents = new Map(results.map(({ node }) => [node.uniqueId, node.dependsOn]))
  return id => {
    const seen = new Set<string>(parents.get(id))
    for (const one of seen) for (const parent of parents.get(one) ?? []) seen.add(parent)
    return seen
  }
}

// Messages of PostgreSQL or of a test may contain values.
function causeOf({ node, status, failures, error }: NodeResult): Cause {
  const code = isPostgresError(error) ? error.code : ((error as { cause?: { code?: string } } | undefined)?.cause?.code ?? '')
  const place = placeText((error as { place?: Place } | undefined)?.place ?? node.place)
  const what = status === 'fail' ? `found ${plural(failures ?? 0, 'failure')}` : `failed${code ? ` (${code})` : ''}`
  return { name: 'NodeFailed', text: `${node.resourceType.replace('_', ' ')} ${node.name} ${what} (${place})`, next: LOG, below: [] }
}

function errorCauses(error: unknown): Cause[] {
  if (error instanceof ProjectErrors) return error.errors.slice(0, MOST).flatMap(errorCauses)
  const said = (text: string, next = LOG): Cause[] => [{ name: 'Error', text: withoutValues(text), next: withoutValues(next), below: [] }]
  if (isPostgresError(error)) return said(`PostgreSQL refused a statement (${error.code})`)
  if (!(error instanceof ProjectError)) return said(`Internal error: ${(error as Error)?.name ?? 'Error'}`)
  const place = error.place ? ` (${placeText(error.place)})` : ''
  return said(`${error.message.split('\n')[0]}${place}`, error.hint)
}

/** Removes quoted texts other than names from a message: it must not contain values of the feed, or of a person. */
export function withoutValues(text: string): string {
  return inOneLine(text)
    .replace(/(["'])(?:(?!\1).)*\1/g, quoted => (/^.[\w./:-]{0,63}.$/.test(quoted) ? quoted : `${quoted[0]}…${quoted[0]}`))
    .replace(/\([^()]*\)=\([^()]*\)/g, '(…)')
    .replace(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '…')
}

const MOST = 10
