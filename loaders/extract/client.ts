import { attempt, type Raw, Unanswered } from './attempt.ts'
import type { Clock } from './clock.ts'
import type { ExtractError } from './failure.ts'
import { faultsOf } from './faults.ts'
import type { Question } from './question.ts'
import { createRate } from './rate.ts'
import { createRedact } from './redact.ts'
import type { Connection } from './settings.ts'
import type { SourceConfig } from './source-config.ts'
import { judge, judgeOther, type Verdict } from './verdict.ts'
import { backoff } from './waits.ts'

/** A good answer, or one with a status that the question accepts. */
export interface Answer {
  status: number
  url: URL
  link: string | null
  bytes: Buffer
  /** undefined unless the status is 200. */
  value: unknown
  /** The number of retries. */
  retries: number
}

/** Sends only GET requests, and only to one host. */
export interface Client {
  /** Repeats the request until there is an answer. Throws an ExtractError, or the signal's reason at once. */
  get(question: Question): Promise<Answer>
  /** The error for a 200 whose body is not `due`, `a list of records` for instance. */
  other(question: Question, bytes: Buffer, due: string): ExtractError
  /** The number of calls. */
  calls(): number
}

/** The environment of a client. */
export interface ClientContext {
  clock: Clock
  /** A random number from 0 to 1. */
  random: () => number
  signal: AbortSignal
  /** Milliseconds since 1970 after which no request is sent. */
  deadline: number
  userAgent: string
  /** Called for waits that the rate limit does not explain. */
  onWait?: (milliseconds: number, reason: string) => void
}

/** A client of one source. */
export function createClient(config: SourceConfig, connection: Connection, context: ClientContext): Client {
  const { clock, random, signal, deadline, onWait = () => {} } = context
  const rate = createRate(config.calls_per_minute, config.slow_below)
  const redact = createRedact(connection.secrets)
  const faults = faultsOf(config, connection, redact)
  let count = 0
  let budget = config.retry_budget

  return { get, other: (question, bytes, due) => faults.final(question, judgeOther(bytes, due), bytes), calls: () => count }

  async function get(question: Question): Promise<Answer> {
    const url = address(connection.base, question)
    for (let tries = 1; ; tries += 1) {
      while (rate.wait(clock.now()) > 0) await wait(rate.wait(clock.now()), question)
      await wait(0, question)
      rate.sent(clock.now())
      const { status, headers, bytes, verdict } = await ask(url, question)
      if (verdict.kind === 'good') return { status, url, link: headers.get('link'), bytes, value: verdict.value, retries: tries - 1 }
      if (verdict.kind === 'passed') return { status, url, link: null, bytes, value: undefined, retries: tries - 1 }
      if (verdict.kind !== 'again') throw faults.final(question, verdict, bytes)

      if (tries >= config.tries) throw faults.givenUp(question, verdict.reason, bytes, `${tries} tries`, 'entity')
      budget -= 1
      if (budget < 0) throw faults.givenUp(question, verdict.reason, bytes, `the ${config.retry_budget} retries of a run`, 'run')
      const pause = Math.max(verdict.wait ?? 0, backoff(tries + 1, random))
      onWait(pause, `${faults.what(question)}: ${redact(verdict.reason)}`)
      await wait(pause, question)
    }
  }

  async function ask(url: URL, { passes = () => false }: Question): Promise<Raw & { verdict: Verdict }> {
    count += 1
    try {
      const headers = { ...fixedHeaders, 'User-Agent': context.userAgent, ...connection.headers }
      const raw = await attempt(url, headers, config.timeout_seconds * 1000, signal)
      rate.saw(raw.headers)
      return { ...raw, verdict: judge(raw, config, passes, clock.now()) }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
      const { message: reason, isPassing } = error
      const verdict: Verdict = isPassing ? { kind: 'again', reason, wait: undefined } : { kind: 'wrong', reason }
      return { status: 0, headers: new Headers(), bytes: Buffer.alloc(0), verdict }
    }
  }

  // Throws instead of a wait that would end after the deadline.
  async function wait(milliseconds: number, question: Question): Promise<void> {
    signal.throwIfAborted()
    if (clock.now() + milliseconds >= deadline) throw faults.late(question)
    if (milliseconds > 0) await clock.sleep(milliseconds, signal)
  }
}

/** The full address of a question. Throws when a path would lead out of the base, which checked parts never do. */
export function address(base: URL, { path, query }: Pick<Question, 'path' | 'query'>): URL {
  const url = new URL(base)
  url.pathname = base.pathname + path
  url.search = new URLSearchParams(query).toString()
  if (url.origin !== base.origin || url.pathname !== base.pathname + path || !/^(\/[A-Za-z0-9_-]+)+$/.test(path))
    throw new Error(`The path ${path} is outside of ${base.href}`)
  return url
}

// No compression: a truncated gzip raises no error, a body shorter than its length does.
const fixedHeaders = { Accept: 'application/json', 'Accept-Encoding': 'identity' }
