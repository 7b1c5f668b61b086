import { mkdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Interrupted } from '../../run/execute/interrupted.ts'
import { loadCommand } from '../../run/feed/commands/load.ts'
import { freshDatabase, projectDir } from '../pipeline/database.ts'
import { silentReport } from '../pipeline/fixture.ts'

it('Ctrl-C in a load leaves at once; what landed wholly stays, the next load does the rest', { timeout: 60_000 }, async () => {
  const database = await freshDatabase()
  const data = await mkdtemp(join(tmpdir(), 'deskledger-data-'))
  const given = process.env.DATABASE_URL
  process.env.DATABASE_URL = database.url
  try {
    mkdirSync(join(data, 'sync-day1/agents'), { recursive: true })
    const records = (file: number) =>
      Array.from({ length: 600 }, (_, at) => ({ id: file * 10_000 + at, type: 'support_agent', signature: 'x'.repeat(2_000) }))
    for (let file = 1; file <= 6; file++) await writeFile(join(data, `sync-day1/agents/${file}.json`), JSON.stringify(records(file)))
    const controller = new AbortController()
    const { report } = silentReport()
    let updates = 0
    const counting = { ...report, bar: () => ({ update: () => void (++updates === 3 && controller.abort()), stop: () => {} }) }
    const perform = (signal: AbortSignal) =>
      loadCommand({ name: 'load', options: { projectDir, data, logFormat: 'text' }, report: counting, signal })
    await expect(perform(controller.signal)).rejects.toBeInstanceOf(Interrupted)
    const state = async () => {
      const [row] = await database.sql<{ files: number; rows: number; locks: number }[]>`
        select
            (select count(*)::int from ops.files where status = 'loaded') as files,
            (select count(*)::int from raw.agents) as rows,
            (select count(*)::int from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())) as locks`
      return row
    }
    const broken = await state()
    expect(broken?.files).toBeLessThan(6)
    expect([...(await database.sql`select path, reason from ops.files where status = 'refused'`)]).toEqual([])
    expect(await perform(new AbortController().signal)).toBe(0)
    expect(await state()).toEqual({ files: 6, rows: 3_600, locks: 0 })
  } finally {
    if (given === undefined) delete process.env.DATABASE_URL
    else process.env.DATABASE_URL = given
    await rm(data, { recursive: true, force: true })
    await database.drop()
  }
})
