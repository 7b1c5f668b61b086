import net from 'node:net'
import { ProjectError } from '../base/errors.ts'
import { type Notice, openPool, type Sql } from './driver.ts'
import { surviveLossWhileConnecting, withSessions } from './guarded-session.ts'

/** What a connection wants other than usual. */
export interface ConnectOptions {
  /** How pg_stat_activity shows it: `deskledger build`. */
  application?: string
  /** Gets every notice and warning; they are dropped otherwise. */
  onNotice?: (notice: Notice) => void
  /** Connections of the pool at most; those that are reserved come on top. */
  max?: number
}

/**
 * A pool on the database, lazy: nothing is opened before the first query. Sessions are in UTC.
 * Values come as a warehouse needs them: bigint and numeric as strings (no digit is lost), date as `2024-03-31`,
 * timestamptz as `2024-03-31T10:00:00.123456Z` (microseconds kept), timestamp the same without Z, json parsed, arrays as arrays.
 * Throws a ProjectError for a URL that is none.
 */
export function connect(url: string, { application = 'deskledger', onNotice = () => {}, max = 5 }: ConnectOptions = {}): Sql {
  checkUrl(url)
  surviveLossWhileConnecting()
  const options = {
    max,
    onnotice: onNotice,
    connect_timeout: connectSeconds,
    socket: openSocket,
    // A session holds the lock and the transaction of a build, however long: the driver must not retire its connection.
    max_lifetime: null,
    types: { date: { to: 1184, from: [1082, 1114, 1184], serialize: timeToText, parse: textToIso } },
    connection: { application_name: application, TimeZone: 'UTC', DateStyle: 'ISO, YMD', IntervalStyle: 'postgres' },
  }
  const open = (more: object) => openPool(url, { ...options, ...more })
  return withSessions(open({}), (onclose, onsocket) => {
    const socket = async (place: Place) => onsocket(await openSocket(place))
    return open({ max: 1, onclose, socket })
  })
}

const connectSeconds = 10

/** Where the driver wants a socket to. */
interface Place {
  host: string[]
  port: number[]
  path?: string | false
}

// The driver leaves Nagle's algorithm on, so that the end of each COPY would wait some 40 ms for an acknowledgement.
function openSocket({ host: [host = ''], port: [port = 5432], path }: Place): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = path ? net.connect(path) : net.connect({ host, port, noDelay: true })
    const timedOut = Object.assign(new Error(`no answer in ${connectSeconds} seconds`), { code: 'CONNECT_TIMEOUT' })
    socket.setTimeout(connectSeconds * 1000, () => socket.destroy(timedOut))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.setTimeout(0).off('error', reject)
      // TLS asks for the name of the host.
      resolve(Object.assign(socket, { host }))
    })
  })
}

/**
 * Opens the first connection and looks at the server's version: PostgreSQL 15 to 18 are known to work.
 * An older one is a ProjectError, a newer one a warning; so is a server that cannot be reached (see `explainConnection`).
 */
export async function checkServer(sql: Sql, url: string): Promise<{ version: string; warnings: string[] }> {
  const [row] = await sql<{ number: number; version: string }[]>`
    select current_setting('server_version_num')::int as number, current_setting('server_version') as version
  `.catch(error => {
    throw explainConnection(error, url) ?? error
  })
  const { number, version } = row!
  const major = Math.floor(number / 10_000)
  if (major < oldest) {
    throw new ProjectError(
      `PostgreSQL ${version} at ${describeUrl(url)} is too old: ${oldest} to ${newest} are supported (MERGE came with 15)`,
      {
        hint: 'Point DATABASE_URL at a newer server, or unset it to use the embedded one.',
      },
    )
  }
  const warnings = major > newest ? [`PostgreSQL ${version} is newer than what this was tested with (${oldest} to ${newest})`] : []
  return { version, warnings }
}

/** The URL as it may be shown: without the password and without parameters. */
export function describeUrl(url: string): string {
  if (!URL.canParse(url)) return 'the database of DATABASE_URL'
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username ? `${username}@` : ''}${host}${pathname}`
}

/** The error of an attempt to connect in one line with the next step; undefined when it is something else. */
export function explainConnection(error: unknown, url: string): ProjectError | undefined {
  const { code = '', message = '', syscall = 'connect' } = error as { code?: string; message?: string; syscall?: string }
  // A file that is missing has the code of a socket that is missing.
  if (code === 'ENOENT' && syscall !== 'connect') return undefined
  const known = /unrecognized configuration parameter/.test(message) ? unknownSetting : connectionErrors[code]
  if (!known) return undefined
  const said = message.split('\n')[0]
  const what = `Cannot connect to ${describeUrl(url)}: ${known.what}${said ? ` (${said})` : ''}`
  return new ProjectError(what, { hint: known.hint, cause: error })
}

const oldest = 15
const newest = 18

const unreachable = {
  what: 'no server answers there',
  hint: 'Start that server or correct DATABASE_URL; unset DATABASE_URL to use the embedded server.',
}
const refusedLogin = {
  what: 'the server refuses user or password',
  hint: 'Correct user and password in DATABASE_URL; characters such as @ : / % in a password are written percent-encoded (%40 for @).',
}
const busy = {
  what: 'the server takes no connection at this moment',
  hint: 'Try again in a moment; see the log of the server if it stays so.',
}

const unknownSetting = { what: 'the server does not know a setting', hint: 'Remove the unknown parameter after the ? of DATABASE_URL.' }

const connectionErrors: Record<string, { what: string; hint: string }> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: { ...unreachable, what: 'no machine has that name' },
  EAI_AGAIN: { ...unreachable, what: 'the name cannot be looked up now' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  ENOENT: { ...unreachable, what: 'there is no such socket' },
  CONNECT_TIMEOUT: { ...unreachable, what: 'no answer within 10 seconds' },
  CONNECTION_CLOSED: { ...unreachable, what: 'the server closed the connection' },
  '28P01': refusedLogin,
  '28000': { ...refusedLogin, what: 'the server does not let that user in from here' },
  SASL_SIGNATURE_MISMATCH: refusedLogin,
  '3D000': { what: 'that database does not exist', hint: 'Create it (createdb), or correct the name at the end of DATABASE_URL.' },
  '53300': busy,
  '57P03': busy,
}

function checkUrl(url: string): void {
  const hint = 'Write it as postgres://user:password@host:5432/database, with @ : / % # and comma of a password percent-encoded.'
  // Never quote it: it may hold a password.
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new ProjectError('DATABASE_URL is not a PostgreSQL URL: it does not begin with postgres://', { hint })
  try {
    const { username, password } = new URL(url)
    decodeURIComponent(username + password)
    if (url.includes(',')) throw new Error('several hosts')
  } catch {
    throw new ProjectError('DATABASE_URL is not a valid URL of one server', { hint })
  }
}

function timeToText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

// PostgreSQL writes `2024-03-31 10:00:00.5+00`; infinity and years BC stay as they are.
function textToIso(text: string): string {
  return text.replace(
    /^(\d{4,})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?$/,
    (_, y, m, d, time, zone) => `${y}-${m}-${d}T${time}${zone ? 'Z' : ''}`,
  )
}
