import { readFileSync } from 'node:fs'
import { ProjectErrors } from '../../run/base/errors.ts'
import { type Connection, connectionOf, type Environment } from './settings.ts'
import type { SourceConfig } from './source-config.ts'
import { checkSurroundings } from './surroundings.ts'

/**
 * The connections of all sources. Throws ProjectErrors with everything that is missing, or an ExtractError with code 2 when secrets would
 * not be safe. Test hosts are for all sources or for none, so that a test never calls a real one.
 */
export function connectAll(sources: SourceConfig[], env: Environment, testHosts?: Record<string, string>): Connection[] {
  const found = sources.map(config => connectionOf(config, env, testHosts && (testHosts[config.source] ?? 'none')))
  const missing = found.flatMap(one => one.missing)
  if (missing.length > 0) throw new ProjectErrors(missing)
  const connections = found.map(({ connection }) => connection!)
  if (!testHosts)
    checkSurroundings(
      env,
      connections.map(({ base }) => base.host),
    )
  return connections
}

/** The user agent: `deskledger/0.1.0`, with the contact in EXTRACT_CONTACT if set. */
export function userAgent(env: Environment): string {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<string, string>
  const contact = env.EXTRACT_CONTACT?.replace(/[^\x20-\x7e]|[()]/g, '').trim()
  return `${name}/${version}${contact ? ` (+${contact})` : ''}`
}
