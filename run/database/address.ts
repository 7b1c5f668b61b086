import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { passwordOf, readService } from './connection-files.ts'
import { type Parameters, readUrl, refuse, textOf } from './connection-url.ts'
import { type Tls, tlsOf } from './tls.ts'

/** Where a database is and how to reach it, complete. */
export interface Address {
  /** A name, an IP address, or the folder of a socket. */
  host: string
  /** The IP address to connect to, where one was given: then `host` only matters for TLS. */
  hostaddr?: string
  port: number
  user: string
  password?: string
  database: string
  tls: Tls
  applicationName?: string
  /** Timeout of an attempt to connect, in seconds. */
  connectSeconds: number
  /** Startup parameters: options, search_path, role. */
  startup: Record<string, string>
  /** The kind of server that is required, as target_session_attrs has it. */
  sessionAttributes: string
  /** The address as libpq's environment variables, for psql; with the password. */
  environment: Record<string, string>
  /** Where the address comes from: DATABASE_URL, or a file. */
  from: string
  /** Warnings, such as ignored parameters. */
  warnings: string[]
}

/** The address that a URL names, completed as psql completes it: by a service, PG… variables, the passfile and libpq's defaults. */
export function addressOfUrl(
  url: string,
  { from = 'DATABASE_URL', env = process.env }: { from?: string; env?: NodeJS.ProcessEnv } = {},
): Address {
  return addressOf(readUrl(url, from), { from, env })
}

/**
 * The address that parameters name. Nothing is guessed: a parameter that cannot be used throws a ProjectError that names its source, so
 * that no build goes to another server than the intended one.
 */
export function addressOf(given: Parameters, { from, env = process.env }: { from: string; env?: NodeJS.ProcessEnv }): Address {
  const service = given.get('service')?.value ?? env.PGSERVICE
  const known = new Map([...ofEnvironment(env), ...(service ? readService(service, env) : []), ...given])
  const text = (name: string) => textOf(known, name)
  const warnings = checkNames(known)
  const user = text('user') ?? userInfo().username
  const port = portOf(known)
  const host = hostOf(known, port)
  const database = text('dbname') ?? user
  const passfile = text('passfile') ?? path.join(homedir(), '.pgpass')
  const inFile = { host: host === socketFolder(port) ? 'localhost' : host, port, database, user }
  const password = text('password') ?? passwordOf(inFile, passfile, message => warnings.push(message))
  const startup = Object.fromEntries(
    ['options', 'search_path', 'role'].flatMap(name => {
      const value = text(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const complete = { host, port, user, database, ...(password !== undefined && { password }), startup }
  return {
    ...complete,
    ...(text('hostaddr') && { hostaddr: text('hostaddr') }),
    tls: tlsOf(known),
    ...(text('application_name') && { applicationName: text('application_name') }),
    connectSeconds: secondsOf(known),
    sessionAttributes: text('target_session_attrs') ?? 'any',
    environment: environmentOf(known, complete),
    from,
    warnings,
  } as Address
}

/** Refuses what cannot be ignored; gives a warning about names that libpq does not know. */
function checkNames(known: Parameters): string[] {
  for (const [name, { value }] of known) {
    const refusal = REFUSED[name]
    if (refusal && !refusal.harmless.includes(value)) refuse(known, name, `${name}=${value} is not supported`, refusal.hint)
  }
  const unknown = [...known.keys()].filter(name => !TAKEN.has(name) && !PASSED_OVER.has(name) && !REFUSED[name])
  if (unknown.length === 0) return []
  return [
    `${known.get(unknown[0] as string)?.from}: ${unknown.join(', ')} ${unknown.length === 1 ? 'is an unknown parameter' : 'are unknown parameters'} of a PostgreSQL connection, ignored; a setting of the server is given by options=-c%20name%3Dvalue`,
  ]
}

function environmentOf(
  known: Parameters,
  { host, port, user, database, password, startup }: Pick<Address, 'host' | 'port' | 'user' | 'database' | 'password' | 'startup'>,
): Record<string, string> {
  const { options = '', ...settings } = startup
  const all = [options, ...Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)]
  const given = Object.entries(VARIABLES).flatMap(([variable, name]) => {
    const value = textOf(known, name)
    return value === undefined ? [] : [[variable, value]]
  })
  return {
    ...Object.fromEntries(given),
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGOPTIONS: all.join(' ').trim(),
    ...(password !== undefined && { PGPASSWORD: password }),
  }
}

function hostOf(known: Parameters, port: number): string {
  const value = textOf(known, 'host') ?? textOf(known, 'hostaddr') ?? socketFolder(port)
  if (value.startsWith('/') || isIP(value) > 0) return value
  if (value.includes(',')) refuse(known, 'host', 'several hosts are named', 'Name one of them: a build works on one server.')
  if (/^[\w.-]+$/.test(value)) return value
  const hint = value.includes(':') ? 'Give the port as a separate parameter, and an IPv6 address without brackets.' : undefined
  return refuse(known, 'host', `invalid host '${value}': expected a name, an IP address or the folder of a socket`, hint)
}

function portOf(known: Parameters): number {
  const value = textOf(known, 'port') ?? '5432'
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  return port > 0 && port < 65_536 ? port : refuse(known, 'port', `invalid port '${value}': expected a number from 1 to 65535`)
}

function secondsOf(known: Parameters): number {
  const value = textOf(known, 'connect_timeout')
  if (value === undefined) return CONNECT_SECONDS
  if (!/^\d{1,6}$/.test(value)) refuse(known, 'connect_timeout', `invalid connect_timeout '${value}': expected a number of seconds`)
  return Number(value) || CONNECT_SECONDS
}

// The folder of psql's default socket, as far as it can be known: it is compiled into each libpq.
function socketFolder(port: number): string {
  const folder = ['/var/run/postgresql', '/tmp'].find(name => existsSync(path.join(name, `.s.PGSQL.${port}`)))
  return folder ?? (process.platform === 'win32' ? 'localhost' : '/var/run/postgresql')
}

/** The address as it may be shown: without the password. */
export function describeAddress({ user, host, port, database }: Address): string {
  const place = host.startsWith('/') ? encodeURIComponent(host) : host.includes(':') ? `[${host}]` : host
  return `postgres://${encodeURIComponent(user)}@${place}:${port}/${encodeURIComponent(database)}`
}

/** The same with the password, as any client takes it. */
export function urlOf(address: Address): string {
  const { password, tls } = address
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  return `${describeAddress(address).replace('@', `${secret}@`)}${tls.mode === 'prefer' ? '' : `?sslmode=${tls.mode}`}`
}

/** Default timeout of an attempt to connect, in seconds; libpq would wait forever. */
const CONNECT_SECONDS = 10

const VARIABLES: Record<string, string> = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGPASSFILE: 'passfile',
  PGAPPNAME: 'application_name',
  PGOPTIONS: 'options',
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLCRL: 'sslcrl',
  PGSSLCRLDIR: 'sslcrldir',
  PGREQUIREPEER: 'requirepeer',
  PGREQUIREAUTH: 'require_auth',
  PGGSSENCMODE: 'gssencmode',
  PGCHANNELBINDING: 'channel_binding',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGTARGETSESSIONATTRS: 'target_session_attrs',
}

const TAKEN = new Set([...Object.values(VARIABLES), 'service', 'sslpassword', 'role', 'search_path'])

/**
 * Parameters that are ignored, as they change nothing here: our sessions have settings of their own, and the driver keeps connections alive
 * itself.
 */
const PASSED_OVER = new Set(
  'client_encoding fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout sslcompression sslsni sslcertmode ssl_min_protocol_version krbsrvname gsslib gssdelegation load_balance_hosts min_protocol_version max_protocol_version servicefile'.split(
    ' ',
  ),
)

/** Parameters that are refused, as ignoring them would be less safe or mean something else; `harmless` are values that ask for nothing. */
const REFUSED: Record<string, { harmless: string[]; hint: string }> = {
  channel_binding: {
    harmless: ['disable', 'prefer'],
    hint: 'Channel binding is not supported: remove it, and use sslmode=verify-full.',
  },
  gssencmode: { harmless: ['disable', 'prefer'], hint: 'GSSAPI encryption is not supported: use TLS.' },
  replication: { harmless: ['false', 'off', 'no', '0'], hint: 'Remove it.' },
  require_auth: { harmless: [], hint: 'Remove it: the supported methods are scram-sha-256, md5, password and trust.' },
  requirepeer: { harmless: [], hint: 'Remove it: the owner of a socket is not checked.' },
  sslcrl: { harmless: [], hint: 'Remove it: certificate revocation lists are not checked.' },
  sslcrldir: { harmless: [], hint: 'Remove it: certificate revocation lists are not checked.' },
  sslnegotiation: { harmless: ['postgres'], hint: 'Remove it.' },
  ssl_max_protocol_version: { harmless: [], hint: 'Remove it.' },
  oauth_issuer: { harmless: [], hint: 'Remove it: OAuth is not supported.' },
  oauth_client_id: { harmless: [], hint: 'Remove it: OAuth is not supported.' },
}

function ofEnvironment(env: NodeJS.ProcessEnv): Parameters {
  return new Map(
    Object.entries(VARIABLES).flatMap(([variable, name]) =>
      env[variable] ? [[name, { value: env[variable] as string, from: variable }]] : [],
    ),
  )
}
