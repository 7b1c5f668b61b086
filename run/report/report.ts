import pc from 'picocolors'
import { formatProblem } from '../base/codeframe.ts'
import { remedyOf, unwritable } from '../base/error-hints.ts'
import type { Problem } from '../base/errors.ts'
import { isPostgresError, ProjectError, ProjectErrors } from '../base/errors.ts'
import { harmless, inOneLine } from '../base/sanitize.ts'
import type { Node } from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import { type Event, endData, endName, jsonLine, nodeInfo } from './events.ts'
import { describeNode, endLine, type Level, startLine } from './format.ts'
import { logFile } from './log-file.ts'
import { type Live, liveView, progressBars } from './progress.ts'
import { pace } from './transfer-rate.ts'

/** The only module that prints: results to stdout, progress and errors to stderr. */
export interface Report {
  /** A result, which the command was asked for. */
  result(text: string): void
  /** A step of the work. */
  note(message: string): void
  /** A warning; an urgent one is printed even in quiet mode. */
  warn(problem: Problem & { name?: string }, isUrgent?: boolean): void
  /** An alert that is printed even in quiet mode: in text output only then, as otherwise the summary contains it. */
  alert(alert: { name: string; message: string; hint: string }): void
  /** An error of the project as its message with the place, a bug with its stack; followed by the lines of `below`. */
  fail(error: unknown, below?: string[]): void
  /** A line of dbt's frame; with `once` it is printed a single time, however often the command is repeated. */
  event(event: Event, once?: boolean): void
  /** Announces nodes that are about to run, after the frame's concurrency line. */
  opens(nodes: Node[]): void
  /** A node begins, number `index` of `total`. */
  began(result: Pick<NodeResult, 'node'>, index: number, total: number): void
  ended(result: NodeResult, index: number, total: number): void
  /**
   * The closing summary: its parts, with a blank line between them. With `isResult` it is the command's result, and printed even in quiet
   * mode.
   */
  close(parts: Event[], isResult?: boolean): void
  /** The end of the command: a failing quiet run prints the reasons that it withheld. */
  leave(exitCode: number): void
  /** The reported errors. */
  failures: unknown[]
  /** A temporary status line on a terminal, replaced by the next line; '' removes it. */
  status(line: string): void
  /** A progress bar of bytes on a terminal; nothing elsewhere. */
  bar(title: string): { update(done: number, total: number, note?: string): void; stop(): void }
  /** For code frames; set once the project is read. */
  textOf: (file: string) => string | undefined
  /** Sets the folder of dbt.log, once the project is read. */
  logTo(folder: string): void
}

/** How to print. */
export interface ReportOptions {
  format: 'text' | 'json'
  /** Only errors and results. */
  quiet: boolean
  /** The lowest level that is printed; by default `info`. */
  level?: Level
  invocationId: string
  stdout?: NodeJS.WritableStream
  stderr?: NodeJS.WritableStream
}

/** Creates the report of one command. */
export function createReport({
  format,
  quiet,
  level: least = 'info',
  invocationId,
  stdout = process.stdout,
  stderr = process.stderr,
}: ReportOptions): Report {
  const isTerminal = Boolean((stderr as NodeJS.WriteStream).isTTY)
  const colours = pc.createColors(isTerminal && pc.isColorSupported)
  const file = logFile(invocationId, { onFailure: problem => report.warn({ name: 'LogNotWritten', ...problem }, true) })
  const kept: Event[] = []
  const told = new Set<string>()
  let live: Live | undefined
  let hasStatus = false
  const report: Report = {
    result: text => void stdout.write(`${text}\n`),
    note: message => log({ name: 'Note', msg: harmless(message) }),
    warn: (problem, isUrgent = false) => {
      const data = { ...placed(problem), ...(problem.name ? { cause: problem.name } : {}) }
      log({ name: 'Warning', level: 'warn', msg: harmless(formatWarning(problem, report.textOf)), data }, isUrgent)
    },
    alert: ({ name, message, hint }) => {
      const event: Event = { name: 'FeedAlert', level: 'warn', msg: harmless(`${message}\n  → ${hint}`), data: { cause: name } }
      file.write('warn', event.msg)
      if (format === 'json') stderr.write(`${jsonLine(event, invocationId)}\n`)
      else if (quiet) print(colours.yellow(`Warning: ${event.msg}`))
    },
    failures: [],
    fail: (error, below = []) => {
      settle()
      report.failures.push(error)
      const lines = [formatError(error, report.textOf), ...below.map(line => `  ${line}`)]
      const { code: cause } = (isPostgresError(error) || error instanceof ProjectError ? error : {}) as { code?: string }
      log({ name: 'Error', level: 'error', msg: harmless(lines.join('\n')), data: { ...placed(error), ...(cause ? { cause } : {}) } })
    },
    event: (event, once = false) => {
      if (once && told.has(event.name)) return
      told.add(event.name)
      log({ ...event, msg: harmless(event.msg) })
    },
    opens: nodes => {
      settle()
      if (isTerminal && !quiet && format === 'text' && nodes.length > 1) live = liveView(nodes, stderr)
    },
    began: ({ node }, index, total) => {
      const data = { node_info: nodeInfo(node, undefined, new Date()) }
      log({ name: 'NodeStart', level: 'debug', msg: `Began running node ${node.uniqueId}`, data })
      const isTest = node.resourceType === 'test' || node.resourceType === 'unit_test'
      live?.began(node, isTest ? node.name : describeNode(node))
      // Many tests run in one query: a line for the start of each would be noise. The JSON log has one for each, as in dbt.
      if (format === 'json' || !(isTest || live))
        log({ name: 'LogStartLine', msg: startLine(node, index, total), data: { description: describeNode(node), index, total, ...data } })
    },
    ended: (result, index, total) => {
      const { text, level } = endLine(
        result,
        index,
        total,
        live ? ((stderr as NodeJS.WriteStream).columns ?? 90) - clock().length - 2 : undefined,
      )
      const data = endData(result, index, total, describeNode(result.node))
      live?.ended(result.node, result.status === 'error' || result.status === 'fail')
      log({ name: endName(result), level, msg: paint(harmless(text), result), data })
      log({ name: 'NodeFinished', level: 'debug', msg: `Finished running node ${result.node.uniqueId}`, data })
      if (index === total) settle()
    },
    close: (parts, isResult = false) => {
      settle()
      for (const { msg } of parts) file.write('info', harmless(msg))
      if (quiet && !isResult) return void kept.push(...parts.filter(isReason))
      if (format === 'json') for (const part of parts) stdout.write(`${jsonLine(part, invocationId)}\n`)
      else stdout.write(parts.map(({ msg, isNear }) => `${isNear ? '' : '\n'}${harmless(msg)}\n`).join(''))
    },
    leave: exitCode => {
      if (exitCode !== 0) for (const event of kept) tell(event)
    },
    status: line => {
      if (!isTerminal || quiet || format !== 'text' || (line === '' && !hasStatus)) return
      hasStatus = line !== ''
      stderr.write(`${CLEAR_LINE}${inOneLine(line).slice(0, ((stderr as NodeJS.WriteStream).columns ?? 80) - 1)}`)
    },
    bar: title => (isTerminal && !quiet && format === 'text' ? terminalBar(title, stderr) : { update: () => {}, stop: () => {} }),
    textOf: () => undefined,
    logTo: folder => file.open(folder),
  }
  return report

  function log(event: Event, isUrgent = false): void {
    const { level = 'info', msg } = event
    file.write(level, msg)
    const isKept = quiet && !isUrgent
    if (isKept && level === 'warn') kept.push(event)
    if (rank[level] >= rank[isKept ? 'error' : least]) tell(event)
  }

  function tell(event: Event): void {
    const { msg, name } = event
    if (format === 'json') stderr.write(`${jsonLine(event, invocationId)}\n`)
    else if (name === 'Warning') print(colours.yellow(msg))
    else print(name === 'Error' ? `\n${msg}` : `${colours.dim(clock())}  ${msg}`)
  }

  function print(text: string): void {
    if (live) live.line(text)
    else stderr.write(`${hasStatus ? CLEAR_LINE : ''}${text}\n`)
    hasStatus = false
  }

  function settle(): void {
    live?.stop()
    live = undefined
  }

  function paint(text: string, { status }: NodeResult): string {
    const colour = {
      success: colours.green,
      pass: colours.green,
      warn: colours.yellow,
      skipped: colours.yellow,
      error: colours.red,
      fail: colours.red,
    }[status]
    return text.replace(/\[[^\]]*\]$/, bracket => colour(bracket))
  }
}

// Whether a part of a closing summary explains why a run failed. Errors were already printed in full.
function isReason({ name, level }: Event): boolean {
  return name === 'EndOfRunSummary' || (level !== undefined && level !== 'info' && name !== 'RunResultError')
}

/** An error as readable text: a project's with its place, a bug of the runner with its stack. */
export function formatError(error: unknown, textOf: (file: string) => string | undefined): string {
  if (error instanceof ProjectError || error instanceof ProjectErrors) return formatProblem(error, textOf)
  if (isPostgresError(error)) {
    const { message, code, detail, hint } = error
    const next = remedyOf(error)
    return [`PostgreSQL says: ${message} (${code})`, detail && `  detail: ${detail}`, hint && `  hint: ${hint}`, next && `  → ${next}`]
      .filter(Boolean)
      .join('\n')
  }
  const file = unwritable(error)
  if (file) return formatProblem(file, textOf)
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function formatWarning({ message, place, hint }: Problem, textOf: (file: string) => string | undefined): string {
  return `Warning: ${formatProblem(new ProjectError(message, { place, hint }), textOf)}`
}

function placed(error: unknown): Record<string, unknown> {
  const { place } = (error ?? {}) as { place?: object }
  return place ? { place } : {}
}

const rank: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3, none: 4 }

function terminalBar(title: string, stream: NodeJS.WritableStream) {
  const bar = new (progressBars().SingleBar)({
    format: `${title} {bar} {percentage}%  {pace}  {note}`,
    stream,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
  })
  let since: number | undefined
  return {
    update(done: number, total: number, note = '') {
      if (since === undefined) bar.start(total, done, { note, pace: '' })
      since ??= performance.now()
      bar.setTotal(total)
      bar.update(done, { note: inOneLine(note), pace: pace(done, total, (performance.now() - since) / 1000) })
    },
    stop: () => (since === undefined ? undefined : bar.stop()),
  }
}

/** Moves to the start of the line and clears it. */
const CLEAR_LINE = '\r\u001b[K'

function clock(): string {
  return new Date().toISOString().slice(11, 19)
}
