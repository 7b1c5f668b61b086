import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { unwritable } from '../base/error-hints.ts'
import type { Problem } from '../base/errors.ts'
import type { Level } from './format.ts'

/** dbt.log: everything that is reported, and more, even when the terminal is quiet. */
export interface LogFile {
  /** Sets the folder once it is known; earlier lines are kept until then. */
  open(folder: string): void
  write(level: Level, message: string): void
}

/**
 * A log in debug format, like dbt's `logs/dbt.log`: the newest file and five older ones of at most `limit` bytes each. A folder that cannot
 * be written does not fail the command: `onFailure` is called once.
 */
export function logFile(
  invocationId: string,
  { limit = 10 * 1024 * 1024, onFailure = () => {} }: { limit?: number; onFailure?: (problem: Problem) => void } = {},
): LogFile {
  let hasFailed = false
  let file: string | undefined
  let size = 0
  let waiting = `\n\n${'='.repeat(30)} ${clock(new Date())} | ${invocationId} ${'='.repeat(30)}\n`
  return {
    open(folder) {
      if (file !== undefined) return
      file = path.join(folder, 'dbt.log')
      try {
        mkdirSync(folder, { recursive: true })
        size = existsSync(file) ? statSync(file).size : 0
      } catch {
        // Writing to it fails too, and reports that.
        size = 0
      }
      append('')
    },
    write: (level, message) => append(`${clock(new Date())} [${level.padEnd(5)}] [MainThread]: ${stripVTControlCharacters(message)}\n`),
  }

  function append(text: string): void {
    waiting += text
    if (file === undefined || waiting === '') return
    try {
      if (size > 0 && size + waiting.length > limit) turn(file)
      appendFileSync(file, waiting, { mode: 0o600 })
      size += Buffer.byteLength(waiting)
    } catch (error) {
      waiting = ''
      failed(file, error)
    }
    waiting = ''
  }

  // Important lines are on the terminal, too. Reported only once, as each line would fail.
  function failed(name: string, error: unknown): void {
    if (hasFailed) return
    hasFailed = true
    onFailure({
      message: unwritable({ path: name, code: (error as NodeJS.ErrnoException).code })?.message ?? `Cannot write ${name}: ${error}`,
      hint: 'The run continues without it. Free some space, or name another folder with --log-path or DBT_LOG_PATH.',
    })
  }

  function turn(name: string): void {
    rmSync(`${name}.${kept}`, { force: true })
    for (let n = kept - 1; n >= 1; n--) if (existsSync(`${name}.${n}`)) renameSync(`${name}.${n}`, `${name}.${n + 1}`)
    renameSync(name, `${name}.1`)
    size = 0
  }
}

const kept = 5

// With microseconds as in dbt, although JavaScript has only milliseconds.
function clock(now: Date): string {
  return `${now.toISOString().slice(11, 23)}000`
}
