import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Options } from '../../run/cli/options.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { planCommand } from '../../run/commands/plan.ts'
import type { Planned } from '../../run/preview/plan.ts'
import { stateOf } from '../trust/state.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

const everything = ['model', 'seed', 'snapshot', 'test', 'unit_test'] as const
const build = () =>
  perform(command => buildCommand(command, { types: [...everything], loads: true }), { url: database.url, dir: project.dir, name: 'build' })
const plan = (options: Partial<Options> = {}) => perform(planCommand, { url: database.url, dir: project.dir, name: 'plan', options })
const planned = async (options: Partial<Options> = {}): Promise<Planned & { code: number }> => {
  const { stdout, code } = await plan({ output: 'json', ...options })
  return { ...JSON.parse(stdout), code }
}
const edit = async (file: string, from: string, to: string): Promise<void> => {
  const text = await readFile(path.join(project.dir, file), 'utf8')
  expect(text).toContain(from)
  await writeFile(path.join(project.dir, file), text.replace(from, to))
}
const reset = async (...files: string[]): Promise<void> => {
  for (const file of files) await cp(path.join(projectDir, file), path.join(project.dir, file))
}

describe('plan of the warehouse', () => {
  beforeAll(async () => {
    database = await freshDatabase()
    project = await fixture()
    for (const name of ['dbt_project.yml', 'models', 'macros', 'seeds', 'tests/data', 'loaders/entities', 'migrations'])
      await cp(path.join(projectDir, name), path.join(project.dir, name), {
        recursive: true,
        filter: source => !source.endsWith('_unit_tests.yml'),
      })
    await mkdir(path.join(project.dir, 'data'))
    await cp(path.join(projectDir, 'data/sync-day1'), path.join(project.dir, 'data/sync-day1'), { recursive: true })
    expect(await build()).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await database.drop()
    await project.remove()
  })

  it('of nothing new says so, and leaves nothing changed', async () => {
    const found = await planned()
    expect(found).toMatchObject({ outcome: 'publish', code: 0, feed: [], errors: { new: { count: 0 }, resolved: { count: 0 } } })
    expect(found.relations.filter(({ rows }) => rows && rows.inserted + rows.updated + rows.deleted > 0)).toEqual([])
    expect(found.tests.failing.filter(({ status }) => status !== 'warn')).toEqual([])
    expect((await plan()).stdout).toContain('nothing: no row would change')
  })

  it('tells what a build then does: a new day, an edited model, errors that come and go; and nothing has changed before', async () => {
    await cp(path.join(projectDir, 'data/sync-day2'), path.join(project.dir, 'data/sync-day2'), { recursive: true })
    await rm(path.join(project.dir, 'data/sync-day1/cards'), { recursive: true })
    await edit('models/core/agents.sql', 'then listed.updated_at', "then listed.updated_at + interval '1 hour'")
    const before = await everythingIn()
    const openBefore = await openErrors()
    const found = await planned({ prune: true, limit: -1 })
    expect(await everythingIn()).toEqual(before)

    const { code, stdout } = await perform(command => buildCommand(command, { types: [...everything], loads: true }), {
      url: database.url,
      dir: project.dir,
      name: 'build',
      options: { prune: true },
    })
    expect([code, found.outcome, stdout.includes('Published')]).toEqual([0, 'publish', true])
    expect(found.relations.find(({ relation }) => relation === 'core.agents')?.columns.changed.map(({ name }) => name)).toContain(
      'updated_at',
    )
    const log = await database.sql<{ unique_id: string; inserted: string; updated: string; deleted: string }[]>`
      select unique_id, rows_inserted as inserted, rows_updated as updated, rows_deleted as deleted
      from ops.run_nodes inner join (select run_id from ops.runs order by sequence desc limit 1) as last using (run_id)
      where rows_inserted is not null`
    const counts = Object.fromEntries(
      found.relations.map(({ unique_id: id, rows }) => [id, rows && [rows.inserted, rows.updated, rows.deleted]]),
    )
    for (const { unique_id: id, inserted, updated, deleted } of log)
      expect([id, counts[id]]).toEqual([id, [inserted, updated, deleted].map(Number)])
    const openAfter = await openErrors()
    expect(new Set(found.errors?.new.shown.map(({ error_id: id }) => id))).toEqual(
      new Set(openAfter.filter(id => !openBefore.includes(id))),
    )
    expect(new Set(found.errors?.resolved.shown.map(({ error_id: id }) => id))).toEqual(
      new Set(openBefore.filter(id => !openAfter.includes(id))),
    )
    expect(found.errors?.new.count).toBeGreaterThan(0)
    expect(found.errors?.resolved.count).toBeGreaterThan(0)
    expect(found.feed?.filter(({ batch }) => batch === 'sync-day2').length).toBeGreaterThan(0)
    expect(found.feed?.find(({ pruned }) => pruned > 0)).toMatchObject({ batch: 'sync-day1', entity: 'cards' })
    await reset('models/core/agents.sql')
    expect((await build()).code).toBe(0)
  })

  it('--no-load leaves new files out', async () => {
    await cp(path.join(projectDir, 'data/sync-day3'), path.join(project.dir, 'data/sync-day3'), { recursive: true })
    expect((await planned({ load: false })).feed).toBeNull()
    expect((await planned()).feed?.length).toBeGreaterThan(0)
  })

  const everythingIn = async () => {
    const { rows, structure } = await stateOf(database.sql)
    const counts = await database.sql.unsafe(`
      select format('%I.%I', schemaname, tablename) as name,
          (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename), false, true, '')))[1]::text as rows
      from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`)
    // The row order of a view depends on its plan, and statistics may be gathered meanwhile.
    const sorted = Object.entries(rows).map(([name, found]) => [name, found.map(row => JSON.stringify(row)).sort()])
    return { rows: Object.fromEntries(sorted), structure, counts: [...counts] }
  }
  const openErrors = async (): Promise<string[]> => {
    const tables = await database.sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'errors'`
    const rows = await database.sql.unsafe<{ id: string }[]>(
      tables.map(({ name }) => `select error_id as id from errors.${name} where resolved_at is null`).join(' union all '),
    )
    return rows.map(({ id }) => id)
  }
})

describe('plan of a plain project', () => {
  beforeAll(async () => {
    database = await freshDatabase({ migrate: false })
    project = await fixture()
  })
  afterAll(async () => {
    await database.drop()
    await project.remove()
  })
  beforeEach(async () => {
    await project.write({
      'models/t.sql': table("select i as id, 'a' as a, i * 2 as b from generate_series(1, 5) as i"),
      'models/v.sql': "select id, a from {{ ref('t') }}",
      'models/_m.yml': 'models:\n  - name: t\n    columns:\n      - {name: id, data_tests: [unique]}\n',
    })
    expect((await build()).code).toBe(0)
  })

  it('names the columns that change, with the rows in which they do', async () => {
    await project.write({
      'models/t.sql': table("select i as id, case when i < 3 then 'x' else 'a' end as a, i * 2 as b from generate_series(2, 6) as i"),
    })
    expect(of(await planned(), 't')).toMatchObject({
      is_new: false,
      rows: { inserted: 1, updated: 1, deleted: 1, unchanged: 3 },
      columns: { added: [], removed: [], retyped: [], changed: [{ name: 'a', rows: 1 }] },
    })
  })

  it('names columns that come, go and change their type, and compares the rows all the same', async () => {
    await project.write({
      'models/t.sql': table(
        'select i as id, (i * 2 + case i when 4 then 1 else 0 end)::bigint as b, true as c from generate_series(1, 5) as i',
      ),
      'models/v.sql': "select id, c from {{ ref('t') }}",
    })
    const found = await planned()
    expect(of(found, 't')).toMatchObject({
      rows: { inserted: 0, updated: 1, deleted: 0, unchanged: 4 },
      columns: {
        added: [{ name: 'c', type: 'boolean' }],
        removed: [{ name: 'a', type: 'text' }],
        retyped: [{ name: 'b', before: 'integer', after: 'bigint' }],
        changed: [{ name: 'b', rows: 1 }],
      },
    })
    expect(of(found, 'v')).toMatchObject({
      rows: null,
      columns: { added: [{ name: 'c', type: 'boolean' }], removed: [{ name: 'a', type: 'text' }] },
    })
    const { stdout } = await plan()
    expect(stdout).toMatch(
      /public\.t +1 updated, 4 unchanged\n +columns added: c boolean\n +columns removed: a\n +columns retyped: b integer → bigint\n +columns changed: b 1/,
    )
  })

  it('leaves with 1 when a test would fail, and still says what would change', async () => {
    await project.write({
      'models/t.sql': table("select i as id, 'a' as a, i * 2 as b from generate_series(1, 6) as i"),
      'tests/no_six.sql': "select * from {{ ref('t') }} where id = 6",
    })
    const found = await planned()
    expect(found).toMatchObject({
      code: 1,
      outcome: 'fail',
      tests: { passed: 1, failing: [{ name: 'no_six', status: 'fail', failures: 1 }] },
    })
    expect(of(found, 't')).toMatchObject({ rows: { inserted: 1, updated: 0, deleted: 0, unchanged: 5 } })
    expect((await plan()).stdout).toMatch(/a build would FAIL[\s\S]*Would fail\n +no_six: Got 1 result/)
    await project.write({ 'tests/no_six.sql': null })
    await project.write({ 'models/t.sql': 'select no_such_column' })
    expect(await planned()).toMatchObject({ code: 1, outcome: 'fail' })
  })

  const table = (query: string) => `{{ config(materialized='table', unique_key='id') }} ${query}`
  const of = ({ relations }: Planned, name: string) => relations.find(({ relation }) => relation === `public.${name}`)
})
