import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import postgres, { type PostgresError, type ReservedSql } from 'postgres'
import type { Entity } from './entities.ts'
import { readableJson, withoutNul } from './oddities.ts'
import { columns, copyHeader, copyTrailer, createRows, decodeRow, rowStarts } from './rows.ts'
import { socketOf } from './socket.ts'

/** Rows on their way into a landing table. */
export interface Copying {
  /** Sends encoded rows; done when they need their memory no more. Throws what the server says of them, or of rows before. */
  write(pieces: Buffer[]): Promise<void>
  /** Waits until all have landed. Throws what the server says of them. */
  end(): Promise<void>
  /** Takes all of them back: the transaction fails. After the end there is nothing to do here: it is for the transaction to roll back. */
  abandon(): Promise<void>
}

/** Begins a COPY of encoded rows into a landing table, inside the transaction of `sql`. */
export async function startCopy(sql: ReservedSql, entity: Entity): Promise<Copying> {
  const query = sql.unsafe(`copy raw.${entity} (${columns.join(', ')}) from stdin (format binary)`)
  const failed = failureOf(query)
  const stream = await query.writable()
  stream.on('error', () => {})
  const socket = socketOf(sql)
  const write = socket ? direct(socket, stream) : through(stream)
  await Promise.race([failed, through(stream)(copyHeader)])
  let ended = false

  return {
    write: pieces => Promise.race([failed, send(write, pieces)]),
    end: async () => {
      await Promise.race([failed, through(stream)(copyTrailer).then(() => new Promise<void>(resolve => stream.end(resolve)))])
      ended = true
    },
    abandon: async () => {
      if (ended) return
      stream.destroy()
      await failed.catch(() => {})
    },
  }
}

/** Whether the server's error is about the rows that it got. */
export function isDataFault(error: unknown): error is PostgresError {
  return error instanceof postgres.PostgresError && /^(22|54)/.test(error.code)
}

/**
 * Copies encoded rows into a landing table, inside the transaction of `sql`. A record that jsonb refuses, for a reason that was not foreseen,
 * is found and landed as text.
 */
export async function copyRows(sql: ReservedSql, entity: Entity, pieces: Buffer[]): Promise<void> {
  const failure = await attempt(sql, entity, pieces)
  if (!failure) return

  const rows = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  const starts = rowStarts(rows)
  const count = starts.length - 1
  if (count > 1) {
    const middle = starts[count >> 1] as number
    await copyRows(sql, entity, [rows.subarray(0, middle)])
    return copyRows(sql, entity, [rows.subarray(middle)])
  }
  for (const row of asText(rows, failure)) if (!(await attempt(sql, entity, row))) return
  throw failure
}

/** One COPY under a savepoint. Gives the error when the data was to blame. */
async function attempt(sql: ReservedSql, entity: Entity, pieces: Buffer[]): Promise<PostgresError | undefined> {
  await sql`savepoint rows`
  try {
    const copying = await startCopy(sql, entity)
    await copying.write(pieces)
    await copying.end()
    await sql`release savepoint rows`
    return undefined
  } catch (error) {
    if (!isDataFault(error)) throw error
    await sql`rollback to savepoint rows`
    await sql`release savepoint rows`
    return error
  }
}

/**
 * What goes wrong after the driver gave the stream. It would tell the stream, but not once the stream was ended, and the server finds
 * most errors only then: so listen where the driver reports.
 */
function failureOf(query: object): Promise<never> {
  const reporter = query as { reject(error: Error): void }
  const report = reporter.reject
  const failed = new Promise<never>((_, reject) => {
    reporter.reject = error => {
      reject(error)
      report(error)
    }
  })
  failed.catch(() => {})
  return failed
}

type Write = (bytes: Buffer) => Promise<void>

/** The pieces, in writes that are not small. */
async function send(write: Write, pieces: Buffer[]): Promise<void> {
  let small: Buffer[] = []
  let size = 0
  for (const piece of pieces) {
    if (size + piece.length > SMALL) await flush()
    if (piece.length > SMALL) for (let at = 0; at < piece.length; at += LARGE) await write(piece.subarray(at, at + LARGE))
    else {
      small.push(piece)
      size += piece.length
    }
  }
  await flush()

  async function flush(): Promise<void> {
    const [first] = small
    if (first) await write(small.length === 1 ? first : Buffer.concat(small, size))
    small = []
    size = 0
  }
}

/** By the driver, which makes a copy. */
function through(stream: Writable): Write {
  return bytes => new Promise((resolve, reject) => void stream.write(bytes, error => (error ? reject(error) : resolve())))
}

/** As a message CopyData of the protocol, of which the driver need not know; none after the COPY failed, for it would go into the next one. */
function direct(socket: Socket, stream: Writable): Write {
  return bytes =>
    new Promise((resolve, reject) => {
      if (stream.destroyed) return reject(new Error('The COPY has failed.'))
      const head = Buffer.allocUnsafe(5)
      head[0] = COPY_DATA
      head.writeUInt32BE(4 + bytes.length, 1)
      socket.cork()
      socket.write(head)
      socket.write(bytes, error => (error ? reject(error) : resolve()))
      socket.uncork()
    })
}

const COPY_DATA = 'd'.charCodeAt(0)

// In bytes.
const SMALL = 1 << 17
const LARGE = 1 << 20

/** A row that cannot be, as text: with a readable form, or without when jsonb refuses that too. */
function* asText(row: Buffer, { message }: PostgresError): Generator<Buffer[]> {
  const { fileId, position, bytes } = decodeRow(row)
  const raw = withoutNul(bytes.toString())
  const text = { raw, problem: 'unrepresentable_text', detail: `jsonb refuses it: ${message}` } as const
  const readable = readableJson(raw)
  for (const beside of [{ text: { ...text, readable } }, { text }]) {
    const rows = createRows(fileId, NOTHING)
    rows.add(position, bytes, beside)
    yield rows.pieces()
  }
}

const NOTHING = Buffer.alloc(0)
