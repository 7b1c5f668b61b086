import { cp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { testCommand } from '../../run/commands/test.ts'
import { loadCommand } from '../../run/feed/commands/load.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase()
  project = await fixture({
    'models/a.sql': "{{ config(materialized='table') }} select 1 as n",
    'models/b.sql':
      "{{ config(materialized='table') }} select count(*) as n from {{ ref('a') }} where pg_advisory_xact_lock_shared(42)::text = ''",
    'models/c.sql': "select * from {{ ref('b') }}",
    'models/_m.yml': 'models:\n  - name: a\n    columns:\n      - {name: n, data_tests: [unique]}\n',
    'data/sync-day1/agents/1.json': '[{"id": 1, "contact": {"name": "Ann"}}]',
    'data/sync-day1/agents/2.json': 'not json',
    'data/sync-day1/roles/1.json': '[{"id": 1, "name": "Admin"}, {"id": null}]',
  })
  await cp(path.join(projectDir, 'migrations'), path.join(project.dir, 'migrations'), { recursive: true })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

describe('the log, read while it is written', () => {
  it('a load says what it reads, and then what it gave', async () => {
    const holder = await database.sql.reserve()
    await holder`begin`
    await holder`lock table raw.agents in exclusive mode`
    const loading = run('load')
    await until(
      "select from ops.loads where status = 'running' and files_to_read = 3 and current_file like 'sync-day1/%' and bytes_to_read > 0",
    )
    await holder`commit`
    holder.release()
    expect((await loading).code).toBe(0)
    const loads =
      await database.sql`select command, status, files_to_read, records::int, rejected, refused_files, current_file from ops.loads`
    expect([...loads]).toEqual([
      {
        command: 'load',
        status: 'finished',
        files_to_read: 3,
        records: 3,
        rejected: { 'not a record of roles': 1 },
        refused_files: 1,
        current_file: null,
      },
    ])
    expect([...(await database.sql`select path, reason from ops.refused_files`)]).toMatchObject([{ path: 'sync-day1/agents/2.json' }])
    // A load with nothing to read leaves no row.
    expect((await run('load')).code).toBe(0)
    expect(await database.sql`select from ops.loads`).toHaveLength(1)
  })

  it('a build says which nodes have ended, with what, and which one runs', async () => {
    const holder = await database.sql.reserve()
    await holder`select pg_advisory_lock(42)`
    const building = run('build')
    await until("select from ops.run_nodes where status = 'running' and unique_id like '%.b'")
    const [last] = await database.sql`select command, status, finished_at from ops.runs order by sequence desc limit 1`
    expect(last).toEqual({ command: 'build', status: 'running', finished_at: null })
    expect(await nodes()).toEqual([
      { unique_id: 'model.shop.a', status: 'success', rows_inserted: '1', ended: true },
      { unique_id: 'model.shop.b', status: 'running', rows_inserted: null, ended: false },
      { unique_id: 'test.shop.unique_a_n', status: 'pass', rows_inserted: null, ended: true },
    ])
    await holder`select pg_advisory_unlock(42)`
    holder.release()
    expect((await building).code).toBe(0)
    expect((await nodes()).map(({ unique_id: id, status }) => `${id} ${status}`)).toEqual([
      'model.shop.a success',
      'model.shop.b success',
      'model.shop.c success',
      'test.shop.unique_a_n pass',
    ])
  })

  it('tests are in it too, and a run that died is closed by the next', async () => {
    expect((await run('test')).code).toBe(0)
    const [last] = await database.sql`select command, status, message from ops.runs order by sequence desc limit 1`
    expect(last).toEqual({ command: 'test', status: 'tested', message: expect.stringContaining('PASS=1') })
    expect(await nodes()).toEqual([{ unique_id: 'test.shop.unique_a_n', status: 'pass', rows_inserted: null, ended: true }])

    await database.sql.unsafe(`
      insert into ops.runs (run_id, command, status, started_at) values (gen_random_uuid(), 'build', 'running', now());
      insert into ops.run_nodes (run_id, unique_id, resource_type, status) select run_id, 'model.shop.a', 'model', 'running' from ops.runs where status = 'running'`)
    await project.write({ 'models/c.sql': "select n from {{ ref('b') }}" })
    expect((await run('build')).code).toBe(0)
    expect([...(await database.sql`select status, count(*)::int as n from ops.runs group by 1 order by 1`)]).toEqual([
      { status: 'interrupted', n: 1 },
      { status: 'published', n: 2 },
      { status: 'tested', n: 1 },
    ])
    expect(await database.sql`select from ops.run_nodes where status = 'running'`).toHaveLength(0)
  })
})

const commands = {
  build: (command: Parameters<typeof testCommand>[0]) => buildCommand(command, { types: ['model', 'test'], loads: true }),
  load: loadCommand,
  test: testCommand,
}

function run(name: keyof typeof commands) {
  return perform(commands[name], { url: database.url, dir: project.dir, name })
}

async function nodes() {
  const rows = await database.sql<{ unique_id: string; status: string; rows_inserted: string | null; ended: boolean }[]>`
    select regexp_replace(unique_id, '[.][0-9a-f]{10}$', '') as unique_id, status, rows_inserted, finished_at is not null as ended
    from ops.run_nodes
    where run_id = (select run_id from ops.runs order by sequence desc limit 1)
    order by 1`
  return [...rows]
}

async function until(query: string): Promise<void> {
  while ((await database.sql.unsafe(query)).length === 0) await new Promise(resolve => setTimeout(resolve, 20))
}
