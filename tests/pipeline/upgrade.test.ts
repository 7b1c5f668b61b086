import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { load } from '../../loaders/load.ts'
import type { Sql } from '../../run/database/driver.ts'
import { migrate } from '../../run/database/migrate.ts'
import { freshDatabase, projectDir } from './database.ts'
import { buildFixture } from './fixture.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { projectWith } from './warehouse.ts'

it('agents of whom nothing said that they are switched off, and their days, are not (migration 00015)', async () => {
  await upgraded(
    '00015',
    async sql => {
      await sql`insert into core.agents (agent_id, is_deactivated, is_active, source) values (1, null, true, 'a'), (2, true, false, 'a')`
      await sql`
        insert into core.agent_status_history (agent_id, sync_date, is_active, is_listed, source)
        values (1, '2026-01-05', true, true, 'a')`
    },
    async sql => {
      expect(await sql`select agent_id, is_deactivated from core.agents order by 1`.values()).toEqual([
        ['1', false],
        ['2', true],
      ])
      expect(await sql`select is_deactivated from core.agent_status_history`.values()).toEqual([[false]])
    },
  )
})

it('transactions of before their day and what they count as are what the next build makes of them (migration 00023)', async () => {
  await upgraded(
    '00023',
    async sql => {
      await sql`
        insert into core.transactions (transaction_id, occurred_at, spend_kind, spent_on, source) values
        ('old', '2026-01-05T23:30:00-02', null, null, 'a'), ('new', '2026-01-05T23:30:00-02', 'settled', '2026-01-05', 'a')`
    },
    async sql => {
      expect(await sql`select transaction_id, spend_kind, spent_on from core.transactions order by 1 desc`.values()).toEqual([
        ['old', 'other', '2026-01-06'],
        ['new', 'settled', '2026-01-05'],
      ])
    },
  )
})

/** Rows of before a migration, and what it makes of them. */
async function upgraded(migration: string, before: (sql: Sql) => Promise<void>, after: (sql: Sql) => Promise<void>): Promise<void> {
  const database = await freshDatabase({ migrate: false })
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-upgrade-'))
  try {
    for (const name of readdirSync(join(projectDir, 'migrations')).filter(name => name < migration))
      cpSync(join(projectDir, 'migrations', name), join(folder, 'migrations', name))
    await migrate(database.sql, folder)
    await before(database.sql)
    await migrate(database.sql, projectDir)
    await after(database.sql)
  } finally {
    rmSync(folder, { recursive: true })
    await database.drop()
  }
}

/** The last migration before the rules for reading files changed. */
const BEFORE = '00011'

it('a warehouse that landed by the first rules of reading becomes what a fresh one is (R8)', async () => {
  const [old, fresh] = [await freshDatabase({ migrate: false }), await freshDatabase()]
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-upgrade-'))
  const project = await projectWith()
  try {
    const agent = (id: number) => ({ id, contact: { name: `Agent ${id}` }, ticket_scope: 1 })
    // A page lost on the second day: the first rules took it for a record.
    const files: Record<string, object> = {
      'sync-2026-01-05/agents/1.json': [agent(1), agent(2)],
      'sync-2026-01-05/agents/2.json': [agent(3)],
      'sync-2026-01-06/agents/1.json': [agent(1), agent(2)],
      'sync-2026-01-06/agents/2.json': { require_login: true },
    }
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'data', path)), { recursive: true })
      writeFileSync(join(folder, 'data', path), JSON.stringify(content))
    }

    const first = join(folder, 'first')
    for (const name of readdirSync(join(projectDir, 'migrations')).filter(name => name.slice(0, 5) <= BEFORE))
      cpSync(join(projectDir, 'migrations', name), join(first, 'migrations', name))
    await migrate(old.sql, first)
    for (const [path, content] of Object.entries(files)) await landByFirstRules(path, JSON.stringify(content))

    await migrate(old.sql, projectDir)
    const again = await load(old.sql, join(folder, 'data'), { prune: false })
    expect(again.loads.flatMap(({ refused }) => refused).map(({ path }) => path)).toEqual(['sync-2026-01-06/agents/2.json'])
    await load(fresh.sql, join(folder, 'data'), { prune: false })
    for (const { sql } of [old, fresh]) {
      const built = await buildFixture(sql, project.dir, { hasLog: true })
      expect(built.status, built.printed).toBe('published')
    }
    expect(compare(await snapshot(fresh.sql), await snapshot(old.sql))).toEqual([])
    expect(await old.sql`select * from core.agents where not is_active`).toEqual([])
    expect((await load(old.sql, join(folder, 'data'), { prune: false })).changed).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
    await project.remove()
    await old.drop()
    await fresh.drop()
  }

  async function landByFirstRules(path: string, text: string): Promise<void> {
    const [batch = '', entity = ''] = path.split('/')
    const location = join(folder, 'data', path)
    const { size, mtimeNs, ctimeNs } = statSync(location, { bigint: true })
    const sha256 = createHash('sha256').update(text).digest('hex')
    const records = [JSON.parse(text)].flat()
    await old.sql`
      with file as (
          insert into ops.files (path, batch, entity, sha256, bytes, status, records, modified_ns, changed_ns, read_ns)
          values (${path}, ${batch}, ${entity}, ${sha256}, ${String(size)}, 'loaded', ${records.length}, ${String(mtimeNs)}, ${String(ctimeNs)}, ${String(ctimeNs + 10_000_000_000n)})
          returning file_id
      )
      insert into raw.agents (file_id, position, record)
      select file_id, number - 1, record from file, jsonb_array_elements(${JSON.stringify(records)}::text::jsonb) with ordinality as lines (record, number)`
    await old.sql`
      insert into ops.batches (batch, entity, changed_in) values (${batch}, ${entity}, nextval('ops.landing_seq'))
      on conflict (batch, entity) do update set changed_in = excluded.changed_in`
  }
})
