import type { Socket } from 'node:net'
import { ProjectError } from '../base/errors.ts'
import { type Address, addressOfUrl, describeAddress } from './address.ts'
import { clientPid, type Notice, openPool, type Sql } from './driver.ts'
import { surviveLossWhileConnecting, withSessions } from './guarded-session.ts'
import { openSocket } from './socket.ts'

/** Options of a pool. */
export interface ConnectOptions {
  /** How pg_stat_activity shows it: `deskledger build`; an application_name of the address wins. */
  application?: string
  /** Called with every notice and warning; they are dropped otherwise. */
  onNotice?: (notice: Notice) => void
  /** The most connections in the pool; reserved sessions are not counted. */
  max?: number
}

/**
 * A lazy pool: nothing is opened before the first query. Sessions are in UTC.
 * Values come without loss: bigint and numeric as strings (no digit is lost), date as `2024-03-31`, timestamptz as
 * `2024-03-31T10:00:00.123456Z` (microseconds kept), timestamp the same without Z, json parsed, arrays as arrays.
 * Throws a ProjectError for an invalid URL.
 */
export function connect(to: Address | string, { application = 'deskledger', onNotice = () => {}, max = 5 }: ConnectOptions = {}): Sql {
  const address = typeof to === 'string' ? addressOfUrl(to) : to
  surviveLossWhileConnecting()
  const open = (enter: (socket: Socket) => Socket, more: object = {}) =>
    openPool({
      host: [address.host],
      port: [address.port],
      user: address.user,
      pass: address.password ?? '',
      database: address.database,
      ssl: false,
      socket: async () => enter(await openSocket(address)),
      max,
      onnotice: onNotice,
      connect_timeout: address.connectSeconds,
      // A session holds the lock and the transaction of a build, however long: the driver must not retire its connection.
      max_lifetime: null,
      types: { date: { to: 1184, from: [1082, 1114, 1184], serialize: timeToText, parse: textToIso } },
      connection: {
        application_name: address.applicationName ?? application,
        // Only startup parameters that poolers know, too: the others are set in each session.
        client_encoding: 'UTF8',
        TimeZone: 'UTC',
        DateStyle: 'ISO, MDY',
        ...address.startup,
      },
      ...more,
    })
  return withSessions(open, SESSION_SETTINGS)
}

// How SQL is read and how values become text: the same on every server, whatever the defaults of the server, the database or the user.
const SESSION_SETTINGS = `set IntervalStyle = 'postgres'; set standard_conforming_strings = on; set bytea_output = 'hex'; set extra_float_digits = 1`

/** What a server is like, as far as it decides what can be done there. */
export interface Server {
  /** `15.4 (Debian 15.4-1)` */
  version: string
  warnings: string[]
}

/**
 * Opens the first connection and checks whether a build can work there. Throws a ProjectError, before anything is done, where the server
 * cannot be reached (see `explainConnection`), is older than PostgreSQL 15, has another encoding than UTF-8 (the feed is UTF-8), is behind
 * a pooler that gives each transaction another session (the lock of a build belongs to a session), or is not what the address requires. A
 * version newer than 18 is a warning.
 */
export async function checkServer(sql: Sql, to: Address | string): Promise<Server> {
  const address = typeof to === 'string' ? addressOfUrl(to) : to
  const looked = sql<Facts[]>`
    select
        current_setting('server_version_num')::int as number,
        current_setting('server_version') as version,
        current_setting('server_encoding') as encoding,
        pg_is_in_recovery() as "isStandby",
        current_setting('transaction_read_only')::boolean as "isReadOnly",
        pg_backend_pid() as pid
  `
  const rows = await looked.catch(error => {
    throw explainConnection(error, address) ?? error
  })
  const { number, version, encoding, isStandby, isReadOnly, pid } = rows[0]!
  const where = `PostgreSQL ${version} at ${describeAddress(address)} (${address.from})`
  const refuse = (what: string, hint: string): never => {
    throw new ProjectError(`${where} ${what}`, { hint })
  }
  const major = Math.floor(number / 10_000)
  if (major < OLDEST)
    refuse(
      `is too old: ${OLDEST} to ${NEWEST} are supported (MERGE came with 15)`,
      'Connect to a newer server, or set no address to use the embedded one.',
    )
  if (encoding !== 'UTF8')
    refuse(
      `has the encoding ${encoding}: the feed is UTF-8`,
      `Create a UTF-8 database: create database deskledger encoding 'UTF8' template template0;`,
    )
  // A server connected to directly reports the number of its own process when the connection begins; a pooler makes one up.
  if (clientPid(rows) !== pid && (await isPooledByTransaction(sql)))
    refuse(
      'is behind a pooler in transaction mode: a build holds a lock in one session',
      "Connect to the server itself, or to a pool in session mode (PgBouncer: pool_mode=session in the database's line).",
    )
  const wanted = { 'read-write': !isReadOnly, primary: !isStandby, standby: isStandby, 'read-only': isReadOnly }[address.sessionAttributes]
  if (wanted === false)
    refuse(
      `is ${isStandby ? 'a standby' : isReadOnly ? 'read-only' : 'a primary'}: target_session_attrs=${address.sessionAttributes}`,
      'Name a server that fits, or change target_session_attrs.',
    )
  const warnings = [...address.warnings]
  if (major > NEWEST) warnings.push(`PostgreSQL ${version} is newer than what this was tested with (${OLDEST} to ${NEWEST})`)
  return { version, warnings }
}

/** Throws a ProjectError where nothing can be written: on a standby, or where transactions are read-only. */
export async function refuseReadOnly(sql: Sql): Promise<void> {
  const [row] = await sql<{ isStandby: boolean; isReadOnly: boolean }[]>`
    select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only')::boolean as "isReadOnly"`
  if (row?.isStandby) throw new ProjectError('The server is a standby: nothing can be written there', { hint: 'Name the primary.' })
  if (row?.isReadOnly)
    throw new ProjectError('The server, or its setting for this user, is read-only: nothing can be written there', {
      hint: 'Name another server, or see default_transaction_read_only (alter role, alter database).',
    })
}

interface Facts {
  number: number
  version: string
  encoding: string
  isStandby: boolean
  isReadOnly: boolean
  pid: number
}

/**
 * Whether one client gets several backends, or one backend serves several clients. Two connections take turns, one of them in a
 * transaction: a pooler has to give the other one another backend meanwhile, and the first free one afterwards.
 */
async function isPooledByTransaction(sql: Sql): Promise<boolean> {
  const backends = new Map<number, number>()
  const look = async (on: Sql): Promise<boolean> => {
    const rows = await on<{ pid: number }[]>`select pg_backend_pid() as pid`
    const [client, backend] = [clientPid(rows), rows[0]!.pid]
    const isOther = backends.has(client) ? backends.get(client) !== backend : [...backends.values()].includes(backend)
    backends.set(client, backend)
    return isOther
  }
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const found = await sql.begin(async transaction => (await look(transaction as unknown as Sql)) || look(sql))
      if (found || (await look(sql))) return true
    }
    return false
  } catch (error) {
    // In statement mode a pooler disconnects a client that begins a transaction, and a statement prepared on one backend is unknown to
    // another.
    if (['CONNECTION_CLOSED', '08P01', '26000', '42P05'].includes((error as { code?: string }).code ?? '')) return true
    throw error
  }
}

const TURNS = 4

/** Explains a failed attempt to connect in one line, with the next step; undefined for other errors. */
export function explainConnection(error: unknown, address: Address): ProjectError | undefined {
  const { code = '', message = '', syscall = 'connect' } = error as { code?: string; message?: string; syscall?: string }
  // A file that is missing has the code of a socket that is missing.
  if (error instanceof ProjectError || (code === 'ENOENT' && syscall !== 'connect')) return undefined
  const isUnknownSetting = /unrecognized configuration parameter|unsupported startup parameter/.test(message)
  const known = isUnknownSetting ? unknownSetting : connectionErrors[code]
  if (!known) return undefined
  const said = message.split('\n')[0]
  const what = `Cannot connect to ${describeAddress(address)} (${address.from}): ${known.what}${said ? ` (${said})` : ''}`
  return new ProjectError(what, { hint: known.hint, cause: error })
}

const OLDEST = 15
const NEWEST = 18

const unreachable = {
  what: 'no server answers there',
  hint: 'Start that server, or correct the address; without DATABASE_URL and a profile the embedded server is used.',
}
const refusedLogin = {
  what: 'the server rejects the user or password',
  hint: 'Correct the user and password; in a URL characters such as @ : / % are written percent-encoded (%40 for @).',
}
const busy = {
  what: 'the server accepts no connections at the moment',
  hint: 'Try again in a moment; if it persists, see the log of the server.',
}
const unknownSetting = {
  what: 'the server does not know a setting',
  hint: 'Remove it from options, or from the profile; a pooler may reject settings that its server accepts.',
}

const connectionErrors: Record<string, { what: string; hint: string }> = {
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: { ...unreachable, what: 'the host name is unknown' },
  EAI_AGAIN: { ...unreachable, what: 'the host name cannot be resolved now' },
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
  ENOENT: { ...unreachable, what: 'there is no such socket' },
  CONNECT_TIMEOUT: { ...unreachable, what: 'no answer within 10 seconds' },
  CONNECTION_CLOSED: { ...unreachable, what: 'the server closed the connection' },
  '28P01': refusedLogin,
  '28000': { ...refusedLogin, what: 'the server does not accept this user from this address' },
  SASL_SIGNATURE_MISMATCH: refusedLogin,
  '3D000': { what: 'that database does not exist', hint: 'Create it (createdb), or correct its name.' },
  '53300': busy,
  '57P03': busy,
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
