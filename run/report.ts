import { stripVTControlCharacters } from 'node:util'
import { SingleBar } from 'cli-progress'
import pc from 'picocolors'
import { formatProblem } from './codeframe.ts'
import { ProjectError, ProjectErrors } from './errors.ts'
import { endLine, type Level, startLine } from './lines.ts'
import type { Problem } from './node.ts'
import type { NodeResult } from './record.ts'
import { remedyOf } from './remedies.ts'
import { harmless, inOneLine } from './visible.ts'

/** The one place that prints: results to stdout, progress and errors to stderr. */
export interface Report {
  /** A result: what the command was asked for. */
  result(text: string): void
  /** A step of the work. */
  note(message: string): void
  warn(problem: Problem): void
  /** An error of the project as its message with the place; a bug with its stack. */
  fail(error: unknown): void
  /** A node begins, the `index`th of `total`. */
  began(result: Pick<NodeResult, 'node'>, index: number, total: number): void
  ended(result: NodeResult, index: number, total: number): void
  /** The closing summary. */
  close(lines: string[], data: Record<string, unknown>): void
  /** A progress bar on a terminal, else nothing. */
  bar(title: string): { update(done: number, total: number, note?: string): void; stop(): void }
  /** For code frames, known once the project is read. */
  textOf: (file: string) => string | undefined
}

/** How to print. */
export interface ReportOptions {
  format: 'text' | 'json'
  /** Only errors and results. */
  quiet: boolean
  invocationId: string
  stdout?: NodeJS.WritableStream
  stderr?: NodeJS.WritableStream
}

/** Makes the report of one command. */
export function createReport({ format, quiet, invocationId, stdout = process.stdout, stderr = process.stderr }: ReportOptions): Report {
  const isTerminal = Boolean((stderr as NodeJS.WriteStream).isTTY)
  const colours = pc.createColors(isTerminal && pc.isColorSupported)
  const report: Report = {
    result: text => void stdout.write(`${text}\n`),
    note: message => log('info', 'Note', harmless(message)),
    warn: problem => log('warn', 'Warning', harmless(formatWarning(problem, report.textOf)), problem.place ? { place: problem.place } : {}),
    fail: error =>
      log(
        'error',
        'Error',
        harmless(formatError(error, report.textOf)),
        (error as { place?: object }).place ? { place: (error as { place: object }).place } : {},
      ),
    began: ({ node }, index, total) => {
      if (node.resourceType !== 'test' && node.resourceType !== 'unit_test')
        log('info', 'NodeStart', startLine(node, index, total), { unique_id: node.uniqueId })
    },
    ended: (result, index, total) => {
      const { text, level } = endLine(result, index, total)
      log(level, 'NodeFinished', paint(harmless(text), result), describe(result))
    },
    close: (lines, data) => {
      if (quiet) return
      if (format === 'json') stdout.write(`${event('info', 'Summary', lines.join('\n'), data)}\n`)
      else stdout.write(`${harmless(lines.join('\n'))}\n`)
    },
    bar: title => (isTerminal && !quiet && format === 'text' ? terminalBar(title, stderr) : { update: () => {}, stop: () => {} }),
    textOf: () => undefined,
  }
  return report

  function log(level: Level, name: string, message: string, data: Record<string, unknown> = {}): void {
    if (quiet && level !== 'error') return
    if (format === 'json') stderr.write(`${event(level, name, message, data)}\n`)
    else if (level === 'info') stderr.write(`${colours.dim(clock())}  ${message}\n`)
    else stderr.write(`${level === 'warn' ? colours.yellow(message) : message}\n`)
  }

  function event(level: Level, name: string, message: string, data: Record<string, unknown>): string {
    const info = {
      name,
      code: codes[name] ?? 'Z000',
      level,
      msg: stripVTControlCharacters(message),
      ts: new Date().toISOString(),
      invocation_id: invocationId,
      pid: process.pid,
      thread: 'MainThread',
      category: '',
      extra: {},
    }
    return JSON.stringify({ data, info })
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

/** An error as a person should see it: of the project with its place, of the runner itself with its stack. */
export function formatError(error: unknown, textOf: (file: string) => string | undefined): string {
  if (error instanceof ProjectError || error instanceof ProjectErrors) return formatProblem(error, textOf)
  if (error instanceof Error && error.name === 'PostgresError') {
    const { message, code, detail, hint } = error as Error & { code?: string; detail?: string; hint?: string }
    const next = remedyOf({ message, ...(code ? { code } : {}) })
    return [`PostgreSQL says: ${message} (${code})`, detail && `  detail: ${detail}`, hint && `  hint: ${hint}`, next && `  → ${next}`]
      .filter(Boolean)
      .join('\n')
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function formatWarning({ message, place, hint }: Problem, textOf: (file: string) => string | undefined): string {
  return `Warning: ${formatProblem(new ProjectError(message, { ...(place ? { place } : {}), ...(hint ? { hint } : {}) }), textOf)}`
}

function describe(result: NodeResult): Record<string, unknown> {
  const { node, status, startedAt, finishedAt, message, inserted, updated, deleted, unchanged, failures } = result
  return {
    unique_id: node.uniqueId,
    resource_type: node.resourceType,
    relation: node.relationName,
    status,
    message,
    execution_time: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    rows: { inserted, updated, deleted, unchanged },
    failures,
  }
}

function terminalBar(title: string, stream: NodeJS.WritableStream) {
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% {note}`,
    stream,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
    etaBuffer: 50,
  })
  let isStarted = false
  return {
    update(done: number, total: number, note = '') {
      if (!isStarted) bar.start(total, done, { note })
      isStarted = true
      bar.setTotal(total)
      bar.update(done, { note: inOneLine(note) })
    },
    stop: () => (isStarted ? bar.stop() : undefined),
  }
}

function clock(): string {
  return new Date().toISOString().slice(11, 19)
}

// dbt's codes of the events that mean the same.
const codes: Record<string, string> = {
  Note: 'Z050',
  Warning: 'Z045',
  Error: 'Z046',
  NodeStart: 'Q024',
  NodeFinished: 'Q025',
  Summary: 'Z023',
}
