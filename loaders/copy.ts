import type { Writable } from 'node:stream'
import postgres, { type PostgresError, type ReservedSql } from 'postgres'
import type { Entity } from './entities.ts'
import { readableJson, withoutNul } from './oddities.ts'
import { columns, copyHeader, copyTrailer, decodeRow, encodeRows, rowStarts } from './rows.ts'

/**
 * Copies encoded rows into a landing table, inside the transaction of `sql`. A record that jsonb refuses, for a reason that was not foreseen,
 * is found and landed as text. Gives how many were.
 */
export async function copyRows(sql: ReservedSql, entity: Entity, rows: Buffer): Promise<number> {
  const failure = await attempt(sql, entity, rows)
  if (!failure) return 0

  const starts = rowStarts(rows)
  const count = starts.length - 1
  if (count > 1) {
    const middle = starts[count >> 1] as number
    return (await copyRows(sql, entity, rows.subarray(0, middle))) + (await copyRows(sql, entity, rows.subarray(middle)))
  }
  for (const row of asText(rows, failure)) if (!(await attempt(sql, entity, row))) return 1
  throw failure
}

/** One COPY under a savepoint. Gives the error when the data was to blame. */
async function attempt(sql: ReservedSql, entity: Entity, rows: Buffer): Promise<PostgresError | undefined> {
  await sql`savepoint rows`
  try {
    await copy(sql, entity, rows)
    await sql`release savepoint rows`
    return undefined
  } catch (error) {
    if (!(error instanceof postgres.PostgresError) || !/^(22|54)/.test(error.code)) throw error
    await sql`rollback to savepoint rows`
    await sql`release savepoint rows`
    return error
  }
}

async function copy(sql: ReservedSql, entity: Entity, rows: Buffer): Promise<void> {
  const query = sql.unsafe(`copy raw.${entity} (${columns.join(', ')}) from stdin (format binary)`)
  const failed = failureOf(query)
  const stream = await query.writable()
  stream.on('error', () => {})

  await Promise.race([failed, send(stream, rows)])
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

async function send(stream: Writable, rows: Buffer): Promise<void> {
  await write(stream, copyHeader)
  for (let at = 0; at < rows.length; at += WRITE) await write(stream, rows.subarray(at, at + WRITE))
  await write(stream, copyTrailer)
  await new Promise<void>(resolve => stream.end(resolve))
}

function write(stream: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, error => (error ? reject(error) : resolve()))
  })
}

const WRITE = 1 << 19

/** A row that cannot be, as text: with a readable form, or without when jsonb refuses that too. */
function* asText(row: Buffer, { message }: PostgresError): Generator<Buffer> {
  const { fileId, position, bytes } = decodeRow(row)
  const raw = withoutNul(bytes.toString())
  const text = { raw, problem: 'unrepresentable_text', detail: `jsonb refuses it: ${message}` } as const
  const readable = readableJson(raw)
  yield encodeRows(fileId, [{ bytes, position, beside: { text: { ...text, readable } } }])
  yield encodeRows(fileId, [{ bytes, position, beside: { text } }])
}
