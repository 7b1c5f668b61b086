import { readFileSync, statSync } from 'node:fs'
import { ProjectError } from '../../run/base/errors.ts'
import type { SourceConfig } from './source-config.ts'

/** Environment variables: `process.env`, or those of a test. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The address of a source, and the authorization of its requests. */
export interface Connection {
  source: string
  /** Scheme, host, port and path prefix. No other address is ever called. */
  base: URL
  /** Contains the secret. Only the client attaches it, after it has checked the address. */
  headers: Record<string, string>
  /** For redaction. */
  secrets: string[]
}

/**
 * The connection of a source, or everything that is missing for it. `testHost` is only for tests: an `http:` address on the loopback that
 * replaces scheme and host.
 */
export function connectionOf(
  config: SourceConfig,
  env: Environment,
  testHost?: string,
): { connection?: Connection; missing: ProjectError[] } {
  const missing: ProjectError[] = []
  const filled = config.base.replace(/\{([^}]*)\}/g, (_, name: string) => orMissing(() => variable(config, name, env)) ?? `{${name}}`)
  const secret = orMissing(() => secretOf(config, env))
  if (missing.length > 0 || secret === undefined) return { missing }

  const base = new URL(testHost === undefined ? filled : loopback(testHost) + new URL(filled).pathname)
  return { missing, connection: { source: config.source, base, headers: headersOf(config, secret), secrets: [secret] } }

  function orMissing(read: () => string): string | undefined {
    try {
      return read()
    } catch (error) {
      missing.push(error as ProjectError)
      return undefined
    }
  }
}

function variable(config: SourceConfig, name: string, env: Environment): string {
  const { env: key, values, default: usual } = config.variables[name]!
  const value = env[key]?.trim() || usual
  if (value === undefined)
    throw new ProjectError(`${key} is not set ({${name}} in ${config.base})`, { hint: `Set ${key} in the environment.` })
  if (values && !values.includes(value)) throw new ProjectError(`Invalid ${key} '${value}'`, { hint: `Expected ${values.join(' or ')}.` })
  // A single label of a host name, so that the value cannot change the host.
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value))
    throw new ProjectError(`Invalid ${key} '${value}'`, {
      hint: `Use small letters, digits and hyphens: 'acme' for ${config.base.replace(`{${name}}`, 'acme')}.`,
    })
  return value
}

function secretOf({ source, secret: { env: key } }: SourceConfig, env: Environment): string {
  const [direct, file] = [env[key], env[`${key}_FILE`]]
  if (direct && file) throw new ProjectError(`${key} and ${key}_FILE are both set`, { hint: 'Unset one of them.' })
  if (!direct && !file)
    throw new ProjectError(`${key} is not set (the secret of ${source})`, {
      hint: `Set ${key}, or set ${key}_FILE to the path of a file that contains it. See docs/extract.md for the rights it needs.`,
    })
  const value = direct ? direct.trim() : secretIn(file!, `${key}_FILE`)
  // A line break could add a header. A short value is a mistake, and redacting it would damage other text.
  if (!/^[\x21-\x7e]{8,512}$/.test(value))
    throw new ProjectError(`Invalid key in ${direct ? key : `${key}_FILE`}: ${value.length} characters`, {
      hint: 'Copy it again: 8 to 512 characters on one line, without blanks.',
    })
  return value
}

function secretIn(file: string, key: string): string {
  let mode: number
  let text: string
  try {
    mode = statSync(file).mode
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ProjectError(`${key}: cannot read ${file} (${code})`, { hint: 'Correct the path or the rights of the file.' })
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new ProjectError(`${key}: others can read ${file} (mode ${(mode & 0o777).toString(8)})`, {
      hint: `Run chmod 600 ${file}`,
    })
  return text.trim()
}

function headersOf({ secret: { send, header } }: SourceConfig, secret: string): Record<string, string> {
  return send === 'basic' ? { Authorization: `Basic ${Buffer.from(`${secret}:X`).toString('base64')}` } : { [header!]: secret }
}

// Accepts only loopback addresses: a name could resolve to another machine.
function loopback(testHost: string): string {
  if (!/^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/.test(testHost))
    throw new Error(`A test host must be http://127.0.0.1:<port>, not ${testHost}`)
  return testHost
}
