import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '../cli/command.ts'
import { readKeys } from '../cli/keys.ts'
import { withDatabase } from '../cli/open-database.ts'
import { type Opened, openPartly, openProject } from '../cli/open-project.ts'
import { selectedIds } from '../cli/selection.ts'
import { watchFiles } from '../cli/watch-files.ts'
import type { Session, Sql } from '../database/driver.ts'
import { isLocked, withLock } from '../database/lock.ts'
import { refusePending } from '../database/migrate.ts'
import { qualified } from '../database/relations.ts'
import { asTable, rowsIn } from '../database/rows.ts'
import { underSavepoint } from '../database/savepoint.ts'
import type { LivePage } from '../docs/live.ts'
import { build } from '../execute/build.ts'
import { Interrupted } from '../execute/interrupted.ts'
import { type Round, roundOf, type Seen, seenOf } from '../graph/changed-nodes.ts'
import { fingerprints } from '../graph/definition.ts'
import { hasLog, publishedFingerprints } from '../history/run-log.ts'
import type { FigureOutcome } from '../manifest/figure.ts'
import { isReport, type Project } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { Observer } from '../materialize/context.ts'
import { loadProject } from '../project/files.ts'
import { describeNode, plural, relation, rowsText } from '../report/format.ts'
import type { Report } from '../report/report.ts'
import { BUILT, buildCommand, planOf, showProblems } from './build.ts'

/**
 * watch: after each save, builds the saved nodes and those that depend on them in a transaction that is rolled back, and shows their first
 * rows and tests. On a terminal `p` publishes, `q` quits. With --port it serves the page and redraws its reports after each save. Gives 0
 * after `q`, 2 after Ctrl-C.
 */
export async function watchCommand(command: Command): Promise<number> {
  const { options, report, signal } = command
  const { dir, settings } = await loadProject(options.projectDir)
  return withDatabase(command, async sql => {
    await refusePending(sql, dir)
    const events = inbox()
    const live = options.port === undefined ? undefined : await serveLivePage(command, sql, options.port)
    const scratch = await scratchOf(command, sql, live)
    const files = await watchFiles(dir, settings, saved => events.push({ kind: 'saved', files: saved }))
    // A terminal in raw mode sends no signal for Ctrl-C.
    const restore = readKeys(process.stdin, key => {
      if (key === '\u0003') process.kill(process.pid, 'SIGINT')
      if (key === 'q') events.push({ kind: 'quit' })
      if (key === 'p') events.push({ kind: 'publish' })
    })
    const interrupt = () => events.push({ kind: 'interrupt' })
    signal.addEventListener('abort', interrupt)
    try {
      report.note(`Watching ${dir}. ${process.stdin.isTTY ? 'Save a file; p publishes, q quits.' : 'Save a file; Ctrl-C ends it.'}`)
      for (;;) {
        const event = await events.next()
        if (event.kind === 'quit') return 0
        if (event.kind === 'interrupt') return 2
        if (event.kind === 'publish') await scratch.publish()
        if (event.kind === 'saved') {
          report.note(`Saved ${event.files.slice(0, 3).join(', ')}${event.files.length > 3 ? ` and ${event.files.length - 3} more` : ''}`)
          await events.during(stop => scratch.round(stop))
        }
      }
    } finally {
      signal.removeEventListener('abort', interrupt)
      restore()
      await files.close()
      await live?.close()
    }
  })
}

// Serves the page; of a project with mistakes, too, with the mistakes on top.
async function serveLivePage(command: Command, sql: Sql, port: number): Promise<LivePage> {
  const { livePage } = await import('../docs/live.ts')
  const { project, errors, targetPath } = await openPartly({ ...command, report: withoutFrame(command.report) })
  const session = await sql.reserve()
  try {
    const parts = command.extension?.docs
    const live = await livePage(session, { project, errors, command: 'watch', targetPath, isCompiled: true, parts }, port)
    command.report.result(live.url)
    return live
  } finally {
    session.release()
  }
}

type Event = { kind: 'saved'; files: string[] } | { kind: 'publish' | 'quit' | 'interrupt' }

/** Gives events one after the other. Work that is done `during` an event is aborted by the next event. */
function inbox() {
  const waiting: Event[] = []
  let wake = () => {}
  let current: AbortController | undefined
  return {
    push(event: Event) {
      waiting.push(event)
      current?.abort()
      wake()
    },
    async next(): Promise<Event> {
      while (waiting.length === 0)
        await new Promise<void>(resolve => {
          wake = resolve
        })
      return waiting.shift()!
    },
    async during(work: (stop: AbortSignal) => Promise<void>): Promise<void> {
      if (waiting.length > 0) return
      current = new AbortController()
      try {
        await work(current.signal)
      } finally {
        current = undefined
      }
    },
  }
}

/** The rounds of a watch, which compare the project with what is published and with the last round. */
async function scratchOf(command: Command, sql: Sql, live: LivePage | undefined) {
  const { report } = command
  const withLog = await hasLog(sql)
  if (withLog) await command.extension?.refuseOtherSeeds(command, sql)
  const quiet: Command = { ...command, report: withoutFrame(report) }
  const opened = await read()
  let last: Seen = seen(opened?.project)
  let start = last
  let published = await publishedNow(last.fingerprints)
  let names: string[] = []
  return { round, publish }

  async function round(stop: AbortSignal): Promise<void> {
    const began = performance.now()
    const now = await read()
    if (!now) return
    const { project } = now
    const prints = fingerprints(project)
    const selected = await selectedIds({ ...quiet, report: { warn: () => {} } }, project, now.targetPath)
    const found = roundOf(project, prints, { published, start, last, selected })
    last = seenOf(project, prints)
    names = found.nodes.map(node => node.name)
    if (found.nodes.length === 0) {
      live?.redraw(project, [])
      return report.note('No changes since the last publish.')
    }
    const one = { ...quiet, signal: AbortSignal.any([command.signal, stop]) }
    try {
      await whenFree(one, session => trial(one, now, session, found, began))
    } catch (error) {
      if (!(error instanceof Interrupted) && !one.signal.aborted) report.fail(error)
    }
  }

  async function trial(one: Command, now: Opened, session: Session, { nodes, saved }: Round, began: number): Promise<void> {
    const observer = showing(report, saved)
    const built = await build(session, sql, { ...planOf(one, now, nodes, withLog), isTrial: true, observer }, one.report)
    live?.redraw(now.project, built.results)
    showProblems({ report }, built)
    for (const line of skippedLines(built.results)) report.note(line)
    report.result(
      `${summary(built.results, built.problems.length)} in ${((performance.now() - began) / 1000).toFixed(2)}s. Nothing is published.`,
    )
  }

  async function publish(): Promise<void> {
    if (names.length === 0) return report.note('Nothing to publish: no changes since the watch began.')
    try {
      const publishing = { ...command, name: 'build', options: { ...command.options, select: names } }
      const code = await buildCommand(publishing, { types: BUILT, loads: false })
      if (code !== 0) return
      published = await publishedNow(last.fingerprints)
      start = last
      names = []
    } catch (error) {
      if (!(error instanceof Interrupted)) report.fail(error)
    }
  }

  // Reports the mistakes of a project, and waits for the next save.
  async function read(): Promise<Opened | undefined> {
    try {
      return await openProject(quiet)
    } catch (error) {
      report.fail(error)
      return undefined
    }
  }

  function seen(project: Project | undefined): Seen {
    return project ? seenOf(project, fingerprints(project)) : { fingerprints: new Map(), tests: new Map() }
  }

  async function publishedNow(own: Map<string, string>): Promise<Map<string, string>> {
    if (!withLog) return own
    return publishedFingerprints(sql)
  }

  // Does not wait behind a build: a round must stop as soon as it is told to.
  async function whenFree(one: Command, work: (session: Session) => Promise<void>): Promise<void> {
    for (let isTold = false; ; isTold = true) {
      try {
        return await withLock(sql, { wait: false }, work)
      } catch (error) {
        if (!isLocked(error) || one.signal.aborted) throw error
        if (!isTold) report.note(`${(error as Error).message}. Waiting for it`)
        await sleep(200, undefined, { signal: one.signal }).catch(() => {})
      }
    }
  }
}

/** Shows each node as it ends: the first rows of a saved node, the first failing rows of a test. */
function showing(report: Report, saved: Set<string>): Observer {
  return {
    async built(session, result) {
      const { node, status, message, compiled, isReused } = result
      const isTest = node.resourceType === 'test' || node.resourceType === 'unit_test'
      const seconds = `${((result.finishedAt.getTime() - result.startedAt.getTime()) / 1000).toFixed(2)}s`
      const name = isReport(node) ? describeNode(node) : relation(node)
      if (!isTest && status === 'success' && !isReused) report.note(`${name}  ${rowsText(result) || message}  ${seconds}`)
      if (isTest && (status === 'fail' || status === 'error')) report.note(`${status.toUpperCase()} ${node.name}: ${message}`)
      if (status === 'warn') report.note(`WARN ${node.name}: ${message}`)
      if (result.figures && saved.has(node.uniqueId)) for (const figure of result.figures) showFigure(figure)
      const isShown = !isReport(node) && saved.has(node.uniqueId) && saved.size <= 3 && node.config.materialized !== 'ephemeral'
      if (isShown && status === 'success' && !isReused) await first(session, `select * from ${qualified(node.schema, node.alias)}`)
      if (node.resourceType === 'test' && (status === 'fail' || status === 'warn') && compiled) await first(session, compiled)
    },
  }

  function showFigure({ figure: { title, name, empty }, result }: FigureOutcome): void {
    if (!result) return
    const rows = result.rows.slice(0, 5).map(row => row.map(value => ({ value, isJson: false })))
    const columns = result.columns.map(column => column.name)
    report.result(`${title} (${name})\n${rows.length === 0 ? empty : asTable({ columns, rows })}`)
  }

  async function first(session: Session, query: string): Promise<void> {
    const shown = await underSavepoint(session, 'first_rows', () => rowsIn(session, query, 5)).catch(() => undefined)
    if (shown) report.result(shown.rows.length === 0 ? 'No rows.' : asTable(shown))
  }
}

// Rounds are frequent: omits the frame and the lines about nodes that begin, but keeps access to the project's texts.
function withoutFrame(report: Report): Report {
  return {
    ...report,
    event: () => {},
    opens: () => {},
    began: () => {},
    ended: () => {},
    get textOf() {
      return report.textOf
    },
    set textOf(textOf) {
      report.textOf = textOf
    },
  }
}

// One line per cause: one mistake can hold back half of the project.
function skippedLines(results: NodeResult[]): string[] {
  const skipped = results.filter(({ status }) => status === 'skipped')
  return [...new Set(skipped.map(({ message }) => message))].map(cause => {
    const names = skipped.filter(({ message }) => message === cause).map(({ node }) => node.name)
    const rest = names.length > 3 ? ` and ${names.length - 3} more` : ''
    return `${cause}: ${names.slice(0, 3).join(', ')}${rest}`
  })
}

function summary(results: NodeResult[], problems: number): string {
  const tests = results.filter(({ node }) => node.resourceType === 'test' || node.resourceType === 'unit_test')
  const count = (list: NodeResult[], ...statuses: NodeResult['status'][]) => list.filter(({ status }) => statuses.includes(status)).length
  const reports = results.filter(({ node }) => isReport(node))
  const others = results.filter(result => !tests.includes(result) && !reports.includes(result))
  const failed = count([...others, ...reports], 'error') + problems
  const parts = [
    others.length > 0 && `${plural(count(others, 'success'), 'relation')} built`,
    reports.length > 0 && `${plural(count(reports, 'success'), 'report')} run`,
    failed > 0 && `${plural(failed, 'error')}`,
    tests.length > 0 && `${plural(count(tests, 'pass'), 'test')} passed`,
    count(results, 'warn') > 0 && plural(count(results, 'warn'), 'warning'),
    count(tests, 'fail', 'error') > 0 && `${plural(count(tests, 'fail', 'error'), 'test')} FAILED`,
    count(results, 'skipped') > 0 && `${count(results, 'skipped')} skipped`,
  ].filter(Boolean)
  return parts.join(', ')
}
