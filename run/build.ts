import { answering } from './answers.ts'
import { writeCompiled, writeRun } from './artifacts.ts'
import type { RunContext } from './compile.ts'
import type { Session, Sql } from './database.ts'
import { cannotRecreate, recreateViews, type SavedView } from './dependents.ts'
import { ProjectError } from './errors.ts'
import { Interrupted, isOwnError, isRepeatable, lostConnection } from './failing.ts'
import { type Failure, storeFailures } from './failures.ts'
import type { Node, Project } from './node.ts'
import { runHooks, runNode } from './nodes.ts'
import { blockedBy } from './order.ts'
import { reachOf } from './reach.ts'
import { landedIn, type NodeResult, type Published, publishedNodes, publishNodes } from './record.ts'
import { quote } from './relation.ts'
import type { Report } from './report.ts'
import { underSavepoint } from './savepoint.ts'
import { compareErrors, openErrors, type Refused } from './summary.ts'
import { runTests } from './tests.ts'
import { unitColumns } from './unitcolumns.ts'
import { isUnitTest, runUnitTest, unitFingerprint } from './unittests.ts'

/** What to build, and how. */
export interface Plan {
  project: Project
  /** Models, seeds, tests and unit tests in their order. */
  nodes: Node[]
  fingerprints: Map<string, string>
  /** Whether the database has our run log: without it is_incremental() is dbt's. */
  hasLog: boolean
  fullRefresh: boolean
  failFast: boolean
  storeFailures: boolean
  warnError: boolean
  /** Absolute path of the folder of artifacts. */
  targetPath: string
  /** Do it all, then roll back: nothing is published. */
  isTrial: boolean
  signal: AbortSignal
}

/** What became of it. */
export interface Built {
  status: 'published' | 'failed' | 'trial'
  results: NodeResult[]
  landedIn: bigint | null
  /** What failed beside nodes: a foreign key, a view of somebody else, a hook. */
  problems: unknown[]
  /** Only of a trial: open errors as they would be. */
  refused?: Refused[]
}

/**
 * Builds in ONE transaction that commits only when nothing failed, so that readers see the old warehouse or the new one. A failing node
 * is undone by its savepoint and skips what depends on it; the others go on, so that one run shows all that is wrong.
 * Throws `Interrupted` on the signal and a ProjectError when the connection is lost; both leave everything as it was.
 */
export async function build(session: Session, log: Sql, plan: Plan, report: Report): Promise<Built> {
  const { project, nodes, signal } = plan
  const [backend] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`
  const cancel = () => void log`select pg_cancel_backend(${backend!.pid})`.catch(() => {})
  signal.addEventListener('abort', cancel)
  const results: NodeResult[] = []
  const failures: { result: NodeResult; stored: Failure }[] = []
  try {
    // Repeatable read: what landed_in says is what every node sees.
    await session`begin isolation level repeatable read`
    await session.unsafe(generous)
    const landed = plan.hasLog ? await landedIn(session) : null
    const published = plan.hasLog ? await publishedNodes(session) : new Map<string, Published>()
    const context = await contextOf(session, plan, published, report)
    const before = plan.isTrial && plan.hasLog ? await openErrors(session) : []
    await createSchemas(session, nodes)
    const problems: unknown[] = []
    await attempt(problems, () => runHooks(session, project, null, project.onRunStart, context))
    const pending: Pending = { views: [], keys: [] }
    if (problems.length === 0) await runAll(session, plan, published, context, pending, results, failures, report)
    problems.push(...(await settle(session, pending)))
    if (problems.length === 0 && results.every(isGood))
      await attempt(problems, () => runHooks(session, project, null, project.onRunEnd, context))

    const isGoodRun = problems.length === 0 && results.every(isGood)
    // Accepting a shrunk snapshot stamps its batch: this build has seen that too.
    const seen = isGoodRun && landed !== null && project.flags.acceptShrink ? await landedIn(session) : landed
    if (isGoodRun && seen !== null && !plan.isTrial) await publish(session, plan, published, seen, results)
    if (signal.aborted) throw new Interrupted()
    const refused = plan.isTrial && plan.hasLog && isGoodRun ? compareErrors(before, await openErrors(session)) : []
    await session.unsafe(isGoodRun && !plan.isTrial ? 'commit' : 'rollback')
    for (const { result, stored } of plan.isTrial ? [] : failures) result.storedIn = await storeFailures(log, stored)
    return { status: !isGoodRun ? 'failed' : plan.isTrial ? 'trial' : 'published', results, landedIn: seen, problems, refused }
  } catch (error) {
    if (!lostConnection(error)) await session`rollback`.catch(() => {})
    if (signal.aborted) throw new Interrupted(results)
    throw lostConnection(error) ?? error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** What nodes leave for the end of the transaction. */
export interface Pending {
  views: SavedView[]
  keys: string[]
}

async function runAll(
  session: Session,
  plan: Plan,
  published: Map<string, Published>,
  context: RunContext,
  pending: Pending,
  results: NodeResult[],
  failures: { result: NodeResult; stored: Failure }[],
  report: Report,
): Promise<void> {
  const { project, nodes, signal, targetPath, fingerprints } = plan
  const blocked = new Map<string, string>()
  const passed = { before: plan.fullRefresh ? new Map() : published, fingerprints }
  const unitRun = { project, context, columns: unitColumns(session, project, context), targetPath, passed }
  for (let at = 0; at < nodes.length; ) {
    if (signal.aborted) throw new Interrupted()
    const group = testsFrom(nodes, at)
    const next = group.length > 0 ? group : [nodes[at]!]
    const free = next.filter(node => !blocked.has(node.uniqueId))
    for (const node of next.filter(node => blocked.has(node.uniqueId))) finish(skipped(node, blocked.get(node.uniqueId)!))
    at += next.length
    if (group.length > 0) await runGroup(free)
    else
      for (const node of free) {
        report.began({ node }, results.length + 1, nodes.length)
        finish(await (isUnitTest(node) ? runUnitTest(session, node, unitRun) : runNode(session, plan, node, context, pending)))
      }
  }

  async function runGroup(tests: Node[]): Promise<void> {
    const startedAt = new Date()
    const outcome = await runTests(session, tests, { project, context, storeFailures: plan.storeFailures, warnError: plan.warnError })
    for (const [node, test] of outcome) {
      const finishedAt = new Date(startedAt.getTime() + test.milliseconds)
      const { status, message, failures: count, compiled, error } = test
      if (compiled) await writeCompiled(plan.targetPath, node, compiled)
      if (test.ran) await writeRun(plan.targetPath, node, [test.ran])
      const result: NodeResult = {
        ...empty(node),
        status,
        startedAt,
        finishedAt,
        message,
        failures: count,
        compiled,
        ...(error ? { error } : {}),
      }
      if (test.stored) failures.push({ result, stored: test.stored })
      finish(result)
    }
  }

  function finish(result: NodeResult): void {
    results.push(result)
    report.ended(result, results.length, nodes.length)
    if (isGood(result) || result.status === 'skipped') return
    const below = plan.failFast ? nodes.map(node => node.uniqueId) : blockedBy(project, result.node.uniqueId)
    for (const id of below) if (!blocked.has(id)) blocked.set(id, plan.failFast ? 'fail-fast' : result.node.uniqueId)
  }
}

/** A result with nothing in it yet. */
export function empty(node: Node): NodeResult {
  const now = new Date()
  const none = { inserted: null, updated: null, deleted: null, unchanged: null, failures: null, compiled: null }
  return { node, status: 'success', startedAt: now, finishedAt: now, message: '', ...none }
}

/** Whether a result lets a run be published. */
export function isGood({ status }: NodeResult): boolean {
  return status === 'success' || status === 'pass' || status === 'warn'
}

/** What templates may know in this run: is_incremental(), last_built(), and the database as the transaction sees it. */
export async function contextOf(
  session: Session,
  plan: Omit<Plan, 'signal' | 'isTrial'>,
  published: Map<string, Published>,
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
    const row = published.get(node.uniqueId)
    return isFull(node) || row?.fingerprint !== plan.fingerprints.get(node.uniqueId) ? undefined : row
  }
  const isFull = (node: Node) => (typeof node.config.full_refresh === 'boolean' ? node.config.full_refresh : plan.fullRefresh)
  return {
    database: answering(session),
    isIncremental: node =>
      node.config.materialized === 'incremental' &&
      !isFull(node) &&
      existing.has(`${node.schema}.${node.alias}`) &&
      (!plan.hasLog || known(node) !== undefined),
    lastBuilt: node => known(node)?.landedIn ?? 0,
    print: message => report.note(message),
    warn: message => report.warn({ message }),
  }
}

// A server of unknown settings may be set for many small queries; a build is a few big ones. Only raised, only in this transaction.
const generous = `
select set_config(name, wanted, true)
from (values ('work_mem', '64MB'), ('maintenance_work_mem', '256MB')) as settings (name, wanted)
where pg_size_bytes(current_setting(name)) < pg_size_bytes(wanted)
union all
select set_config('jit', 'off', true)`

// Consecutive tests run together.
function testsFrom(nodes: Node[], start: number): Node[] {
  let end = start
  while (nodes[end]?.resourceType === 'test') end++
  return nodes.slice(start, end)
}

function skipped(node: Node, because: string): NodeResult {
  const reason =
    because === 'fail-fast' ? 'Skipping due to fail_fast' : `Skipped: ${because.split('.').slice(2).join('.') || because} failed`
  return { ...empty(node), status: 'skipped', message: reason, because }
}

function isBuilt({ resourceType }: Node): boolean {
  return ['model', 'seed', 'snapshot'].includes(resourceType)
}

async function createSchemas(session: Session, nodes: Node[]): Promise<void> {
  const wanted = [...new Set(nodes.filter(node => isBuilt(node) && node.config.materialized !== 'ephemeral').map(node => node.schema))]
  const there = await session<{ name: string }[]>`select nspname as name from pg_namespace`
  for (const schema of wanted)
    if (!there.some(row => row.name === schema)) await session.unsafe(`create schema if not exists ${quote(schema)}`)
}

/** Foreign keys that a first fill took off, deferred checks, and views that waited for what they read; gives what does not hold. */
async function settle(session: Session, pending: Pending): Promise<unknown[]> {
  const problems: unknown[] = []
  await attempt(problems, async () => {
    await underSavepoint(session, 'settling', async () => {
      await session`set constraints all immediate`
      for (const key of pending.keys) await session.unsafe(key)
    }).catch(error => {
      throw violated(error)
    })
  })
  for (const failure of await recreateViews(session, pending.views)) problems.push(cannotRecreate(failure))
  return problems
}

function violated(error: unknown): unknown {
  const {
    message,
    detail,
    constraint_name: constraint,
    code,
  } = error as { message: string; detail?: string; constraint_name?: string; code?: string }
  if (!/^23/.test(code ?? '')) return error
  return new ProjectError(`The constraint ${constraint} does not hold: ${message}${detail ? ` (${detail})` : ''}`, {
    hint: 'A model leaves out a row that another one refers to. Find it by the key shown; the build has left everything as it was.',
  })
}

async function attempt(problems: unknown[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isOwnError(error) || isRepeatable(error)) throw error
    problems.push(error)
  }
}

async function publish(
  session: Session,
  plan: Plan,
  published: Map<string, Published>,
  landed: bigint,
  results: NodeResult[],
): Promise<void> {
  const built = results.filter(result => result.status === 'success').map(result => result.node)
  const ids = new Set(built.map(node => node.uniqueId))
  const reach = reachOf(plan.project, ids, published, plan.fingerprints, landed)
  const kept = built.filter(node => node.config.materialized !== 'ephemeral')
  const models = kept.map(node => {
    const fingerprint = plan.fingerprints.get(node.uniqueId) ?? ''
    return {
      node,
      fingerprint: reach.isFresh(node.uniqueId) ? fingerprint : `stale ${fingerprint}`,
      landedIn: reach.landedIn(node.uniqueId),
    }
  })
  const unitTests = results.flatMap(({ node, status }) =>
    status === 'pass' && isUnitTest(node) ? [{ node, fingerprint: unitFingerprint(node, plan.fingerprints), landedIn: landed }] : [],
  )
  await publishNodes(session, [...models, ...unitTests])
}
