import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { remedyOf } from '../base/error-hints.ts'
import { isPostgresError, type Place, ProjectError } from '../base/errors.ts'
import { quote } from '../manifest/relation.ts'
import type { Session, Sql } from './driver.ts'
import { isRepeatable } from './errors.ts'
import { whileMigrating } from './lock.ts'
import { migrationConnection, RefusedStatement } from './migration-connection.ts'

/** A file of migrations/, in its order. */
export interface Migration {
  /** The number that its name begins with: 3 of `00003-errors.sql`. */
  index: number
  /** `00003-errors.sql` */
  name: string
  script: string
}

/** The files of migrations/ that are still to be applied, in order. Reads only; empty when there is nothing to do. */
export async function pendingMigrations(sql: Sql | Session, projectDir: string): Promise<Migration[]> {
  const files = readMigrations(projectDir)
  const applied = await appliedMigrations(sql)
  checkHistory(files, applied)
  return files.filter(file => !applied.some(({ index }) => index === file.index))
}

/**
 * Brings the database to the newest migration, each file in a transaction of its own, and returns the names of the files that
 * it applied. @databases/pg-migrations applies and records them (`atdatabases_migrations_applied`); it is loaded only when
 * something is pending. Throws a ProjectError with file, line and column when PostgreSQL refuses a statement, and when files
 * and history disagree. Not inside a transaction.
 */
export async function migrate(sql: Sql, projectDir: string): Promise<string[]> {
  if (!(await pendingMigrations(sql, projectDir)).length && !(await strayLedger(sql))) return []
  return whileMigrating(sql, async session => {
    await bringLedgerHome(session)
    const pending = await pendingMigrations(session, projectDir)
    if (pending.length > 0) await applyPending(session, projectDir, pending)
    const left = await pendingMigrations(session, projectDir)
    if (left.length > 0)
      throw new ProjectError(`Migrations not recorded although they ran without an error: ${left.map(({ name }) => name).join(', ')}`, {
        hint: 'Please report it, with the settings of the server that differ from its defaults.',
      })
    return pending.map(({ name }) => name)
  })
}

/** Throws a ProjectError when the database lacks a migration: for commands that change nothing, and so apply none. */
export async function refusePending(sql: Sql, projectDir: string): Promise<void> {
  const pending = await pendingMigrations(sql, projectDir)
  if (pending.length === 0) return
  throw new ProjectError(
    `The database lacks ${pending.length === 1 ? 'a migration' : `${pending.length} migrations`}: ${pending.map(({ name }) => name).join(', ')}`,
    { hint: 'This command applies none: run `npx tsx run.ts load` first.' },
  )
}

type Applied = Migration & { appliedAt: string }

function readMigrations(projectDir: string): Migration[] {
  const folder = join(projectDir, 'migrations')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder)
    .filter(name => name.endsWith('.sql') && !name.startsWith('_'))
    .sort()
  const files = names.map(name => ({ name, index: indexOf(name), script: readFileSync(join(folder, name), 'utf8') }))
  for (const [at, file] of files.entries()) {
    const twin = files.slice(0, at).find(({ index }) => index === file.index)
    if (twin)
      throw new ProjectError(`Two migrations have the number ${file.index}: ${twin.name} and ${file.name}`, {
        place: place(file),
        hint: 'Give one of them the next free number.',
      })
  }
  return files.sort((a, b) => a.index - b.index)
}

function indexOf(name: string): number {
  const number = /^(\d+)-/.exec(name)?.[1]
  if (number) return Number(number)
  throw new ProjectError(`Invalid migration name '${name}': it must begin with a number and a hyphen`, {
    place: { file: `migrations/${name}` },
    hint: 'For example: 00007-what-it-does.sql.',
  })
}

async function appliedMigrations(sql: Sql | Session): Promise<Applied[]> {
  const schema = await ledgerSchema(sql)
  if (schema === undefined) return []
  return sql<Applied[]>`
    select index, name, script, applied_at::text as "appliedAt"
    from ${sql(schema)}.${sql(LEDGER)}
    where not obsolete
    order by index
  `
}

// Not by search_path, which may differ between roles.
async function ledgerSchema(sql: Sql | Session): Promise<string | undefined> {
  const rows = await sql<{ schema: string }[]>`
    select nspname as schema from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
    where relname = ${LEDGER} and relkind = 'r'
    order by nspname != ${HOME}, nspname`
  if (rows.length > 1 && rows[0]?.schema !== HOME)
    throw new ProjectError(
      `The database has ${rows.length} ledgers of migrations: ${rows.map(({ schema }) => `${schema}.${LEDGER}`).join(', ')}`,
      {
        hint: `Keep the one of this warehouse and drop the others; it belongs in ${HOME}.`,
      },
    )
  return rows[0]?.schema
}

async function strayLedger(sql: Sql): Promise<boolean> {
  return ![undefined, HOME].includes(await ledgerSchema(sql))
}

// Moves the ledger from where the search_path of the user who first migrated had put it.
async function bringLedgerHome(session: Session): Promise<void> {
  const schema = await ledgerSchema(session)
  if (schema === undefined || schema === HOME) return
  await session`begin`
  for (const table of [LEDGER, VERSION]) await session.unsafe(`alter table ${quote(schema)}.${table} set schema ${HOME}`)
  await session`commit`
}

function checkHistory(files: Migration[], applied: Applied[]): void {
  if (files.length === 0 && applied.length > 0)
    throw new ProjectError(
      `The database belongs to another project: its first migration is ${applied[0]?.name}, and this project has none`,
      { hint: 'Give each project a database of its own. To read the tables of the other project, use postgres_fdw or a copy.' },
    )
  for (const old of applied) {
    const file = files.find(({ index }) => index === old.index)
    if (!file) {
      throw new ProjectError(`The database has the migration ${old.name} (applied ${old.appliedAt}), but migrations/ does not`, {
        hint: `Restore the file (git log -- migrations/${old.name}), or point DATABASE_URL at the database of this version of the project.`,
      })
    }
    if (text(file) !== text(old)) throw edited(file, old)
  }
  const last = applied.at(-1)
  const late = last && files.find(file => file.index < last.index && !applied.some(({ index }) => index === file.index))
  if (late) {
    throw new ProjectError(`Migration ${late.name} comes too late: the database already has ${last.name} (applied ${last.appliedAt})`, {
      place: place(late),
      hint: `Migrations run in the order of their numbers: give it one above ${last.index}.`,
    })
  }
}

function edited(file: Migration, old: Applied): ProjectError {
  const now = text(file).split('\n')
  const before = text(old).split('\n')
  const at = now.findIndex((line, index) => line !== before[index])
  const line = at < 0 ? now.length : at
  const quote = (value: string | undefined) => (value === undefined ? 'nothing' : `'${value.trim()}'`)
  return new ProjectError(
    `${file.name} was edited after it had been applied (${old.appliedAt}): line ${line + 1} was ${quote(before[line])}, is ${quote(now[line])}`,
    {
      place: { ...place(file), line: Math.min(line + 1, now.length), column: 1 },
      hint: 'Put the file back as it was and write the change as a new migration; or, if the database can be thrown away, drop it (the embedded one: delete .pg) and build again.',
    },
  )
}

// A checkout on Windows may have other line endings than the one that applied the file.
function text({ script }: Migration): string {
  return script.replaceAll('\r\n', '\n')
}

async function applyPending(session: Session, projectDir: string, pending: Migration[]): Promise<void> {
  const { applyMigrations, sql } = await import('@databases/pg-migrations')
  let at = 0
  try {
    // Unqualified names go to the default schema, whatever the user's search_path.
    await session.unsafe(`set search_path = ${HOME}`)
    await applyMigrations({
      connection: migrationConnection(session, sql),
      migrationsDirectory: join(projectDir, 'migrations'),
      versionTableName: `${HOME}.${VERSION}`,
      appliedMigrationsTableName: `${HOME}.${LEDGER}`,
      // pendingMigrations() has compared them, blind to line ends.
      ignoredErrors: ['migration_file_edited'],
      afterOperation: async ({ kind }) => void (kind === 'apply' && at++),
    })
  } catch (error) {
    throw isRepeatable(error) ? error : (refused(pending[at], error) ?? error)
  }
}

function refused(file: Migration | undefined, error: unknown): ProjectError | undefined {
  if (!(error instanceof RefusedStatement) || !isPostgresError(error.cause)) return undefined
  const { code, message, detail, hint } = error.cause
  // A missing right is no mistake of the file.
  if (code === MISSING_RIGHT)
    return new ProjectError(`The user of the database lacks a privilege that migrations need: ${message}`, {
      hint: '`npx tsx run.ts debug` shows what to grant.',
      cause: error,
    })
  // Nor is a disk that is full, or a lock that somebody holds.
  const remedy = remedyOf({ code, message })
  if (remedy) return new ProjectError(`The migrations could not be applied: ${message} (${code})`, { hint: remedy, cause: error })
  if (!file) return undefined
  const before = file.script.slice(0, error.offset).split('\n')
  const said = [message, detail, hint].filter(Boolean).join('. ')
  return new ProjectError(`PostgreSQL refuses the migration: ${said} (${code})`, {
    place: { ...place(file), line: before.length, column: before.at(-1)!.length + 1 },
    hint: 'Nothing of this file was applied. Correct it and run the command again.',
  })
}

function place({ name }: Migration): Place {
  return { file: `migrations/${name}` }
}

/**
 * The schema of the ledger, as in earlier versions: an older program then reports the migrations that it lacks, instead of starting over.
 */
export const HOME = 'public'
export const LEDGER = 'atdatabases_migrations_applied'
const VERSION = 'atdatabases_migrations_version'
const MISSING_RIGHT = '42501'
