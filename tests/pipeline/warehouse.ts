import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from '../../loaders/load.ts'
import type { Sql } from '../../run/database/driver.ts'
import type { Built, Plan } from '../../run/execute/plan.ts'
import { findRetirable, retire } from '../../run/feed/retention.ts'
import { shownFiles } from '../../run/feed/shown-files.ts'
import type { Project } from '../../run/manifest/node.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { buildFixture } from './fixture.ts'
import type { Feed } from './rules/feed.ts'
import { writeFeed } from './rules/feeds.ts'
import type { Seeds } from './rules/seeds.ts'

/** The project under test on its own database, with its own data folder. */
export interface Warehouse extends FreshDatabase {
  /** Lands a data folder. */
  load(folder: string, prune?: boolean): Promise<void>
  /** Writes the files of a feed over the existing ones, and lands them. */
  deliver(feed: Feed): Promise<void>
  /** Removes batches from the data folder, and their data from landing. Does nothing where none would remain, as that is refused. */
  withdraw(batches: string[]): Promise<void>
  /** Builds all or a selection, as `build` does after its load. Throws the output on failure. */
  build(options?: BuildOptions): Promise<Built & { project: Project }>
}

interface BuildOptions {
  fullRefresh?: boolean
  acceptShrink?: boolean
  select?: string[]
  freezing?: Plan['freezing']
}

/** Copies the project once without its unit tests, with the test's own seeds; `warehouse()` then gives it a new database each time. */
export async function projectWith(
  seeds?: Seeds,
): Promise<{ dir: string; warehouse(): Promise<Warehouse>; write(seeds: Partial<Seeds>): Promise<void>; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'deskledger-warehouse-'))
  for (const name of ['dbt_project.yml', 'models', 'macros', 'seeds', 'tests/data', 'loaders/entities'])
    await cp(join(projectDir, name), join(dir, name), { recursive: true, filter: source => !source.endsWith('_unit_tests.yml') })
  await write(seeds ?? {})
  return { dir, warehouse, write, remove: () => rm(dir, { recursive: true, force: true }) }

  async function write(seeds: Partial<Seeds>): Promise<void> {
    for (const [name, rows] of Object.entries(seeds)) await writeFile(join(dir, 'seeds', `${name}.csv`), toCsv(name, rows))
  }

  async function warehouse(): Promise<Warehouse> {
    const database = await freshDatabase()
    const data = await mkdtemp(join(dir, 'data-'))
    await mkdir(data, { recursive: true })
    return { ...database, load: landFolder, deliver, withdraw, build, drop }

    async function landFolder(folder: string, prune = false): Promise<void> {
      await load(database.sql, folder, { prune, isShown: await shownFiles(database.sql) })
    }

    async function deliver(feed: Feed): Promise<void> {
      writeFeed(feed, data)
      await load(database.sql, data, { prune: false, isShown: await shownFiles(database.sql) })
    }

    async function withdraw(batches: string[]): Promise<void> {
      const left = (await readdir(data)).filter(batch => !batches.includes(batch))
      if (left.length === 0) return
      for (const batch of batches) await rm(join(data, batch), { recursive: true, force: true })
      await load(database.sql, data, { prune: true, isShown: await shownFiles(database.sql) })
    }

    async function build(options: BuildOptions = {}): Promise<Built & { project: Project }> {
      const built = await buildFixture(database.sql, dir, { hasLog: true, ...options })
      if (built.status !== 'published') throw new Error(built.printed.replace(/^.* (PASS|OK|START|SKIP) .*\n/gm, ''))
      return built
    }

    async function drop(): Promise<void> {
      await database.drop()
      await rm(data, { recursive: true, force: true })
    }
  }
}

/** Rows that a build inserted, updated or deleted, over all its models. */
export function rowsTouched({ results }: Pick<Built, 'results'>): number {
  return results.reduce((sum, { inserted, updated, deleted }) => sum + (inserted ?? 0) + (updated ?? 0) + (deleted ?? 0), 0)
}

function toCsv(name: string, rows: Record<string, string>[]): string {
  const header = headers[name as keyof Seeds]
  return [header, ...rows.map(row => header.map(column => row[column]))].map(line => line.join(',')).join('\n')
}

const headers: Record<keyof Seeds, string[]> = {
  sync_batches: ['batch', 'sync_date'],
  currencies: ['code', 'minor_units', 'name'],
  exchange_rates: ['rate_date', 'currency', 'usd_per_unit'],
  user_agent_overrides: ['user_id', 'agent_id'],
}

/** `clean --landing --keep <n> --apply`: gives the number of removed records. */
export async function cleanLanding(sql: Sql, keep: number): Promise<number> {
  const session = await sql.reserve()
  try {
    await session`begin`
    const found = await findRetirable(session, keep)
    await retire(session)
    await session`commit`
    return found.reduce((sum, { records }) => sum + records, 0)
  } finally {
    session.release()
  }
}
