import type { Sql } from '../run/database/driver.ts'
import { type Entity, entities } from './entities.ts'
import { withoutNul } from './json-repair.ts'
import { idsIn, textsIn } from './sql-lists.ts'
import type { FeedFile, Stats } from './survey.ts'

/**
 * The version of the rules for reading files: what is a record, an envelope, a wrapper, a refused file. A change of these rules increments
 * it, and each file that still exists is read once more (R8).
 */
export const READING = 2

/** A file as the ledger has it. */
export interface LedgerEntry {
  path: string
  batch: string
  entity: Entity
  sha256: string | null
  reason: string | null
  /** Undefined for a file that could not be examined. */
  stats: Stats | undefined
  /** When it was last examined, in nanoseconds since 1970. */
  readAt: bigint
  /** By which version of the reading rules it was read. */
  reading: number
}

/** Signs in a file that its batch may be incomplete (R5). */
export interface Signs {
  /** How many of its records are not of the entity. */
  foreign: number
  /** Why records must be missing, in words that follow the file's name; undefined without such a sign. */
  shortfall: string | undefined
  /** It names a page that follows. */
  hasNextPage: boolean
}

/** What is to be written of a file that was just read. */
export interface Outcome {
  file: FeedFile
  fileId: bigint
  sha256: string | undefined
  records: number
  /** Refused, and why, and how it begins. */
  reason?: string
  head?: string | undefined
  /** What a loaded file says of itself. */
  signs?: Signs
  readAt: bigint
}

/** What became of a file, and of its records. */
export interface Landed extends Outcome {
  rejected: Map<string, number>
}

/** Where a file of the ledger is, or was. */
export type Listed = Pick<LedgerEntry, 'path' | 'batch' | 'entity'>

/** Those of the files that the ledger has, by path. */
export async function ledgerOf(sql: Sql, paths: string[]): Promise<Map<string, LedgerEntry>> {
  const rows = await sql<Record<string, string | null>[]>`
    select path, batch, entity, sha256, reason, bytes::text, modified_ns::text, changed_ns::text, read_ns::text, reading::text
    from ops.files where path in ${textsIn(sql, paths)}
  `
  return new Map(rows.map(row => [row.path as string, entryOf(row)]))
}

/** How many of these files of the ledger were read by rules of an older version. */
export async function countOldReadings(sql: Sql, files: Listed[]): Promise<number> {
  const paths = files.map(({ path }) => path)
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from ops.files
    where coalesce(reading, 1) <> ${READING} and path in ${textsIn(sql, paths)}`
  return row!.count
}

/** How many files the ledger has. */
export async function countFiles(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from ops.files`
  return row!.count
}

/** The files of the ledger that are not among these. */
export async function listedOutside(sql: Sql, paths: Set<string>): Promise<Listed[]> {
  const outside: Listed[] = []
  await sql<Listed[]>`select path, batch, entity from ops.files`.cursor(1000, rows => {
    outside.push(...rows.filter(({ path }) => !paths.has(path)))
  })
  return outside
}

/** Numbers for `count` new files. */
export async function newFileIds(sql: Sql, count: number): Promise<bigint[]> {
  const rows = await sql<{ id: string }[]>`
    select nextval(pg_get_serial_sequence('ops.files', 'file_id'))::text as id from generate_series(1, ${count}::int)
  `
  return rows.map(({ id }) => BigInt(id))
}

/** Replaces the ledger's entries of these paths by the new results (see `forget`); last in the transaction that copied the new rows. */
export async function enter(sql: Sql, outcomes: Outcome[]): Promise<void> {
  await forget(
    sql,
    outcomes.map(({ file }) => file.path),
  )
  const rows = outcomes.map(({ file, fileId, sha256, records, reason, readAt, head, signs }) => ({
    path: file.path,
    file_id: `${fileId}`,
    batch: file.batch,
    entity: file.entity,
    sha256: sha256 ?? null,
    bytes: file.stats ? `${file.stats.bytes}` : null,
    status: reason === undefined ? 'loaded' : 'refused',
    reason: reason ?? null,
    records: reason === undefined ? records : 0,
    modified_ns: file.stats ? `${file.stats.modified}` : null,
    changed_ns: file.stats ? `${file.stats.changed}` : null,
    read_ns: `${readAt}`,
    reading: READING,
    foreign_records: signs?.foreign ?? 0,
    shortfall: signs?.shortfall === undefined ? null : withoutNul(signs.shortfall),
    has_next_page: signs?.hasNextPage ?? false,
    raw_text: head ?? null,
  }))
  await sql`
    insert into ops.files
      (path, file_id, batch, entity, sha256, bytes, status, reason, records, modified_ns, changed_ns, read_ns,
        reading, foreign_records, shortfall, has_next_page, raw_text)
    overriding system value
    select * from json_to_recordset(${JSON.stringify(rows)}::text::json) as incoming (
      path text, file_id bigint, batch text, entity text, sha256 text, bytes bigint, status text, reason text, records integer,
      modified_ns bigint, changed_ns bigint, read_ns bigint,
      reading integer, foreign_records integer, shortfall text, has_next_page boolean, raw_text text
    )
  `
  await stamp(
    sql,
    outcomes.map(({ file }) => file),
  )
}

/** Takes files out of the ledger with all that they gave. */
export async function prune(sql: Sql, files: { path: string; batch: string; entity: Entity }[]): Promise<void> {
  await forget(
    sql,
    files.map(({ path }) => path),
  )
  await stamp(sql, files)
  // A marker is of no use without its batch.
  await sql`delete from ops.markers where batch not in (select batch from ops.files)`
}

/** Notes that files were found unchanged, so that the next time their stats will do. */
export async function confirm(sql: Sql, files: { file: FeedFile; readAt: bigint }[]): Promise<void> {
  const rows = files.map(({ file: { path, stats }, readAt }) => ({
    path,
    modified_ns: `${stats?.modified}`,
    changed_ns: `${stats?.changed}`,
    read_ns: `${readAt}`,
  }))
  await sql`
    update ops.files set modified_ns = seen.modified_ns, changed_ns = seen.changed_ns, read_ns = seen.read_ns
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as seen (path text, modified_ns bigint, changed_ns bigint, read_ns bigint)
    where files.path = seen.path
  `
}

/** Removes the rows of a load that was interrupted in the middle of a large file. */
export async function sweep(sql: Sql): Promise<void> {
  const left = await sql<{ entity: Entity; ids: string[] }[]>`
    select entity, json_agg(file_id::text) as ids from ops.unfinished_files group by entity
  `
  for (const { entity, ids } of left) await deleteRows(sql, entity, ids)
  if (left.length > 0) await sql`delete from ops.unfinished_files`
}

/** Whether there is nothing to sweep. */
export async function isSwept(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ there: boolean }[]>`select exists (select from ops.unfinished_files) as there`
  return row?.there === false
}

/** Announces that rows of a file may be committed before its ledger entry is. */
export async function announce(sql: Sql, file: FeedFile, fileId: bigint): Promise<void> {
  await sql`insert into ops.unfinished_files (file_id, entity) values (${`${fileId}`}, ${file.entity})`
}

/** Ends the announcement: commits with the file's ledger entry. */
export async function conclude(sql: Sql, fileId: bigint): Promise<void> {
  await sql`delete from ops.unfinished_files where file_id = ${`${fileId}`}`
}

/**
 * Takes files out of the ledger. Their rows stay as those of former files until `purge`: published views show them until the next build is
 * published, and contents that other files refer to stay for good. Stamps the batches of contents that these files referred to, as no other
 * file may refer to them.
 */
async function forget(sql: Sql, paths: string[]): Promise<void> {
  const gone = await sql<{ entity: Entity; file_id: string }[]>`
    with gone as (
        delete from ops.files where path in ${textsIn(sql, paths)} returning file_id, batch, entity
    )
    insert into ops.former_files (file_id, batch, entity) select file_id, batch, entity from gone returning entity, file_id::text`
  for (const entity of entities) {
    const ids = idsOf(gone, entity)
    if (ids.length === 0) continue
    // In two steps, as the repeats may lie on the workers of a cluster.
    const named = await sql<{ file_id: string }[]>`
      select distinct first_file_id::text as file_id from ${sql(`raw.${entity}_repeats`)} where file_id in ${idsIn(sql, ids)}`
    const first = named.map(({ file_id }) => file_id)
    const former = await sql<{ batch: string; entity: Entity }[]>`
      select batch, entity from ops.former_files where file_id in ${idsIn(sql, first)}`
    if (former.length > 0) await stamp(sql, former)
  }
}

/**
 * Deletes rows of former files that no file refers to and that the last published build no longer shows: `isShown` is a condition on
 * `file_id`.
 * Changes nothing that any model reads.
 */
export async function purge(sql: Sql, isShown: string): Promise<void> {
  const former = await sql.unsafe<{ entity: Entity; file_id: string }[]>(
    `select entity, file_id::text from ops.former_files where not (${isShown}) order by file_id`,
  )
  for (const entity of entities) {
    const ids = idsOf(former, entity)
    if (ids.length > 0) await deleteRows(sql, entity, ids)
  }
}

/**
 * Deletes the rows of files that are not in the ledger, except for contents that other files refer to; removes a former file that has no
 * rows left.
 */
async function deleteRows(sql: Sql, entity: Entity, fileIds: string[]): Promise<void> {
  const [table, repeats] = [sql(`raw.${entity}`), sql(`raw.${entity}_repeats`)]
  await sql`delete from ${repeats} where file_id in ${idsIn(sql, fileIds)}`
  await sql`
    with named as materialized (
        select distinct first_file_id, first_position from ${repeats}
        where first_file_id in ${idsIn(sql, fileIds)}
    )
    delete from ${table} as landed
    where file_id in ${idsIn(sql, fileIds)}
      and not exists (select from named where first_file_id = file_id and first_position = position)`
  const left = await sql<{ file_id: string }[]>`select distinct file_id::text from ${table} where file_id in ${idsIn(sql, fileIds)}`
  const kept = new Set(left.map(({ file_id }) => file_id))
  const empty = fileIds.filter(id => !kept.has(id))
  await sql`delete from ops.former_files where file_id in ${idsIn(sql, empty)}`
}

function idsOf(files: readonly { entity: Entity; file_id: string }[], entity: Entity): string[] {
  return files.filter(file => file.entity === entity).map(file => file.file_id)
}

async function stamp(sql: Sql, files: { batch: string; entity: Entity }[]): Promise<void> {
  const touched = new Map(files.map(({ batch, entity }) => [`${batch}/${entity}`, { batch, entity }]))
  await sql`
    insert into ops.batches (batch, entity, changed_in)
    select batch, entity, nextval('ops.landing_seq')
    from json_to_recordset(${JSON.stringify([...touched.values()])}::text::json) as touched (batch text, entity text)
    on conflict (batch, entity) do update set changed_in = excluded.changed_in
  `
}

function entryOf(row: Record<string, string | null>): LedgerEntry {
  const { bytes, modified_ns, changed_ns } = row
  const isKnown = bytes != null && modified_ns != null && changed_ns != null
  return {
    path: row.path as string,
    batch: row.batch as string,
    entity: row.entity as Entity,
    sha256: row.sha256 ?? null,
    reason: row.reason ?? null,
    stats: isKnown ? { bytes: BigInt(bytes), modified: BigInt(modified_ns), changed: BigInt(changed_ns) } : undefined,
    readAt: BigInt(row.read_ns ?? 0),
    reading: Number(row.reading ?? 1),
  }
}
