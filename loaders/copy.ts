import { isPostgresError, type PostgresError } from '../run/base/errors.ts'
import { type CopyIn, copyIn, type Session } from '../run/database/driver.ts'
import type { Entity } from './entities.ts'
import { readableJson, withoutNul } from './json-repair.ts'
import { repeatColumns } from './repeats.ts'
import { columns, copyHeader, copyTrailer, createRows, decodeRow, rowStarts } from './rows.ts'

/** Begins a COPY of encoded rows into a landing table, inside the transaction of `sql`. */
export function startCopy(sql: Session, entity: Entity): Promise<CopyIn> {
  const statement = `copy raw.${entity} (${columns.join(', ')}) from stdin (format binary)`
  return copyIn(sql, statement, { header: copyHeader, trailer: copyTrailer })
}

/** Copies encoded repeats into their table, inside the transaction of `sql`. */
export async function copyRepeats(sql: Session, entity: Entity, pieces: Buffer[]): Promise<void> {
  const statement = `copy raw.${entity}_repeats (${repeatColumns.join(', ')}) from stdin (format binary)`
  const copying = await copyIn(sql, statement, { header: copyHeader, trailer: copyTrailer })
  await copying.write(pieces)
  await copying.end()
}

/** Whether the server's error is about the rows that were sent. */
export function isDataFault(error: unknown): error is PostgresError {
  return isPostgresError(error) && /^(22|54)/.test(error.code)
}

/**
 * Copies encoded rows into a landing table, inside the transaction of `sql`. A record that jsonb refuses, for a reason that was not
 * foreseen, is found and landed as text.
 */
export async function copyRows(sql: Session, entity: Entity, pieces: Buffer[]): Promise<void> {
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

/** Runs one COPY under a savepoint. Gives the error when the data caused it. */
async function attempt(sql: Session, entity: Entity, pieces: Buffer[]): Promise<PostgresError | undefined> {
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

/** Turns a row that jsonb refuses into text: with a readable form, or without when jsonb refuses that too. */
function* asText(row: Buffer, { message }: PostgresError): Generator<Buffer[]> {
  const { fileId, position, bytes } = decodeRow(row)
  const raw = withoutNul(bytes.toString())
  const text = { raw, problem: 'unrepresentable_text', detail: `jsonb refuses it: ${message}` } as const
  const readable = readableJson(raw)
  for (const beside of [{ text: { ...text, readable } }, { text }]) {
    const rows = createRows(fileId, NOTHING)
    rows.add(position, bytes, null, null, beside)
    yield rows.pieces()
  }
}

const NOTHING = Buffer.alloc(0)
