import { ProjectErrors } from '../../run/base/errors.ts'
import { createClient } from './client.ts'
import { type Clock, systemClock } from './clock.ts'
import { connectAll, userAgent } from './connect.ts'
import { type ExitCode, type ExtractError, exitCodeOf } from './failure.ts'
import { fieldOf, idText } from './json.ts'
import type { Question } from './question.ts'
import type { Connection, Environment } from './settings.ts'
import type { SourceConfig } from './source-config.ts'

/** What one request shows about a source's settings. */
export interface Preflight {
  source: string
  /** Missing when the settings are incomplete. */
  host?: string
  /** The owner of the key: `Ana Novak, ana.novak@example.test`. */
  who?: string
  /** Missing or wrong settings, with the next step; empty when everything is fine. */
  problems: string[]
  /** The exit code that `extract` would have; 0 when everything is fine. */
  exitCode: 0 | ExitCode
}

/** The parameters of a preflight. */
export interface PreflightOptions {
  sources: SourceConfig[]
  env?: Environment
  signal: AbortSignal
  clock?: Clock
  random?: () => number
  testHosts?: Record<string, string>
}

/** Makes one request to each source, which shows the owner of the key. Problems are in the result; throws only the signal's reason. */
export async function preflight(options: PreflightOptions): Promise<Preflight[]> {
  return Promise.all(options.sources.map(config => ask(config, options)))
}

async function ask(config: SourceConfig, options: PreflightOptions): Promise<Preflight> {
  const { source } = config
  const env = options.env ?? process.env
  let host: string | undefined
  try {
    const [connection] = connectAll([config], env, options.testHosts) as [Connection]
    host = connection.base.host
    if (!config.preflight) return { source, host, problems: [], exitCode: 0 }
    const owner = await ownerOf(config, connection, options, env)
    const who = config.preflight.shows
      .map(field => fieldOf(owner, field))
      .filter(value => typeof value === 'string' && value !== '')
      .join(', ')
    const problems = Object.entries(config.preflight.expects ?? {})
      .filter(([field, due]) => fieldOf(owner, field) !== due)
      .map(
        ([field, due]) =>
          `The ${field} of this key is ${String(fieldOf(owner, field))}, ${due} is needed: some lists may be incomplete or refused`,
      )
    return { source, host, who, problems, exitCode: problems.length > 0 ? 3 : 0 }
  } catch (error) {
    const exitCode = exitCodeOf(error)
    if (exitCode === undefined) throw error
    const errors = error instanceof ProjectErrors ? error.errors : [error as ExtractError]
    return {
      source,
      ...(host && { host }),
      problems: errors.map(({ message, hint }) => (hint ? `${message}. ${hint}` : message)),
      exitCode,
    }
  }
}

async function ownerOf(
  config: SourceConfig,
  connection: Connection,
  { signal, clock = systemClock, random = Math.random }: PreflightOptions,
  env: Environment,
): Promise<unknown> {
  const { path, id_field } = config.preflight!
  const context = { clock, random, signal, deadline: clock.now() + 120_000, userAgent: userAgent(env) }
  const client = createClient({ ...config, tries: Math.min(config.tries, 2) }, connection, context)
  const question: Question = { path, query: {} }
  const answer = await client.get(question)
  if (idText(fieldOf(answer.value, id_field)) === undefined) throw client.other(question, answer.bytes, 'the owner of the key')
  return answer.value
}
