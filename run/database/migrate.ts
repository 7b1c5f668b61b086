import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Place, ProjectError } from '../base/errors.ts'
import type { Sql } from './driver.ts'
import { isRepeatable } from './errors.ts'
import { whileMigrating } from './lock.ts'
import { statementPlace } from './migration-place.ts'

/** A file of migrations/, in its order. */
export interface Migration {
  /** The number that its name begins with: 3 of `00003-errors.sql`. */
  index: number
  /** `00003-errors.sql` */
  name: string
  script: string
}

/** What of migrations/ is to be applied to the database, in order. Reads only; empty means that nothing is to do. */
export async function pendingMigrations(sql: Sql, projectDir: string): Promise<Migration[]> {
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
export async function migrate(sql: Sql, url: string, projectDir: string): Promise<string[]> {
  if (!(await pendingMigrations(sql, projectDir)).length) return []
  return whileMigrating(sql, async () => {
    const pending = await pendingMigrations(sql, projectDir)
    if (pending.length) await applyPending(url, projectDir, pending)
    return pending.map(({ name }) => name)
  })
}

/** Throws a ProjectError when the database lacks a migration: for what changes nothing, and so applies none. */
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
  throw new ProjectError(`The name of a migration begins with a number and a hyphen, '${name}' does not`, {
    place: { file: `migrations/${name}` },
    hint: 'Call it, for instance, 00007-what-it-does.sql.',
  })
}

async function appliedMigrations(sql: Sql): Promise<Applied[]> {
  const [table] = await sql<{ exists: boolean }[]>`select to_regclass('atdatabases_migrations_applied') is not null as exists`
  if (!table!.exists) return []
  return sql<Applied[]>`
    select index, name, script, applied_at::text as "appliedAt"
    from atdatabases_migrations_applied
    where not obsolete
    order by index
  `
}

function checkHistory(files: Migration[], applied: Applied[]): void {
  for (const old of applied) {
    const file = files.find(({ index }) => index === old.index)
    if (!file) {
      throw new ProjectError(`The database has the migration ${old.name} (applied ${old.appliedAt}), but migrations/ does not`, {
        hint: `Bring the file back (git log -- migrations/${old.name}), or point DATABASE_URL at the database of this version of the project.`,
      })
    }
    if (text(file) !== text(old)) throw edited(file, old)
  }
  const last = applied.at(-1)
  const late = last && files.find(file => file.index < last.index && !applied.some(({ index }) => index === file.index))
  if (late) {
    throw new ProjectError(`${late.name} would run after ${last.name}, which the database has had since ${last.appliedAt}`, {
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

// A checkout on Windows may have other line ends than the one that applied the file.
function text({ script }: Migration): string {
  return script.replaceAll('\r\n', '\n')
}

async function applyPending(url: string, projectDir: string, pending: Migration[]): Promise<void> {
  const { applyMigrations, connect } = await import('@databases/pg-migrations')
  let at = 0
  const sent: string[] = []
  const connection = connect({
    connectionString: url,
    poolSize: 1,
    bigIntMode: 'string',
    applicationName: 'deskledger migrations',
    onError: () => {},
    onQueryStart: (_, { text }) => void sent.push(text),
  })
  try {
    await applyMigrations({
      connection,
      migrationsDirectory: join(projectDir, 'migrations'),
      // pendingMigrations() has compared them, blind to line ends.
      ignoredErrors: ['migration_file_edited'],
      beforeOperation: async ({ kind }) => void (kind === 'apply' && sent.splice(0)),
      afterOperation: async ({ kind }) => void (kind === 'apply' && at++),
    })
  } catch (error) {
    // The driver of the package has no code for a lost connection.
    if (/connection terminated|encountered a connection error/i.test((error as Error).message))
      throw Object.assign(error as Error, { code: 'CONNECTION_CLOSED' })
    throw isRepeatable(error) ? error : (refused(pending[at], sent, error) ?? error)
  } finally {
    await connection.dispose()
  }
}

function refused(file: Migration | undefined, sent: string[], error: unknown): ProjectError | undefined {
  const { code, message, detail, hint, position } = error as {
    code?: string
    message: string
    detail?: string
    hint?: string
    position?: string
  }
  if (!file || !/^[0-9A-Z]{5}$/.test(code ?? '')) return undefined
  // The package appends a picture of the statement; ours shows the file.
  const said = [message.split('\n\n')[0], detail, hint].filter(Boolean).join('. ')
  return new ProjectError(`PostgreSQL refuses the migration: ${said} (${code})`, {
    place: { ...place(file), ...statementPlace(file.script, sent, position ? Number(position) : undefined) },
    hint: 'Nothing of this file was applied. Correct it and run the command again.',
  })
}

function place({ name }: Migration): Place {
  return { file: `migrations/${name}` }
}
