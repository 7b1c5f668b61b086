import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { survey } from '../../loaders/survey.ts'
import { connect } from '../../run/database/connection.ts'
import { migrate } from '../../run/database/migrate.ts'
import { asJson, asTable, fetchRows } from '../../run/database/rows.ts'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { buildFixture, type Fixture, fixture, silentReport } from '../pipeline/fixture.ts'
import { feedSeeds } from '../pipeline/rules/feeds.ts'
import { projectWith } from '../pipeline/warehouse.ts'

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

describe('names', () => {
  it('of columns, with quotes, semicolons and line ends, are names and nothing else', async () => {
    const hostile = '"we""ird; drop table precious; --\n\' $$"'
    const model = (materialized: string, more = '') =>
      `{{ config(materialized='${materialized}'${more}) }}\nselect i as id, i * {{ var('factor') }} as ${hostile} from generate_series(1, 3) as i`
    const project = await fixture({
      'models/a_view.sql': model('view'),
      'models/a_table.sql': model('table', ", unique_key='id'"),
      'models/merged.sql': model('incremental', ", unique_key='id'"),
      'models/replaced.sql': model('incremental', ", unique_key='id', incremental_strategy='delete+insert'"),
      'models/mirrored.sql': model('incremental', ", unique_key='id', incremental_strategy='mirror'"),
      'seeds/odd.csv': 'id,"b""; drop table precious"\n1,"\'; drop table precious; --"\n',
    })
    await database.sql`create table public.precious ()`
    for (const factor of [1, 2]) {
      const built = await buildFixture(database.sql, project.dir, { vars: { factor } })
      expect(built.status, built.printed).toBe('published')
    }
    for (const name of ['a_view', 'a_table', 'merged', 'replaced', 'mirrored'])
      expect(await database.sql.unsafe(`select sum(${hostile})::int as sum from public.${name}`), name).toEqual([{ sum: 12 }])
    expect([...(await database.sql`select * from public.odd`)]).toEqual([
      { id: 1, 'b"; drop table precious': "'; drop table precious; --" },
    ])
    expect(await database.sql`select to_regclass('public.precious')::text as name`).toEqual([{ name: 'precious' }])
    await project.remove()
  })

  it('of batches, files and values reach the tables as they are', async () => {
    const project = await projectWith(feedSeeds)
    const warehouse = await project.warehouse()
    const batch = "day'); drop schema core cascade; --\n\u001b[31m{{ 1 }} $1 %s"
    const name = "'; drop table core.roles; --"
    await warehouse.deliver([
      {
        name: batch,
        files: [{ entity: 'roles', path: `${batch}/roles/a'"\n.json`, content: JSON.stringify([{ id: 1, name }, { id: name }]) }],
      },
    ])
    await warehouse.build()
    expect(await warehouse.sql`select name, source from core.roles`).toEqual([{ name, source: batch }])
    expect(await warehouse.sql`select file, field from errors.role_pipeline_errors order by field`).toEqual([
      { file: `${batch}/roles/a'"\n.json`, field: 'id' },
      { file: `${batch}/roles/a'"\n.json`, field: 'name' },
    ])
    await warehouse.drop()
    await project.remove()
  })
})

describe('statements', () => {
  it.each([
    'select 1 as a; commit',
    '/* x; */ commit /* y */; select 1 as a',
    'select $$;$$ as a; -- commit\n rollback',
    "select ';' as a;\n/* /* nested */ ; */ END",
    'select 1 as a; drop table public.half',
  ])('that would end the transaction, or come second, fail before anything runs: %s', async text => {
    const config = "{{ config(materialized='table', pre_hook='create table public.ran ()') }}"
    const project = await fixture({ 'models/half.sql': `${config} ${text}` })
    const built = await buildFixture(database.sql, project.dir)
    expect(built.status).toBe('failed')
    expect(built.printed).toMatch(/models\/half\.sql/)
    expect(await database.sql`select to_regclass('public.ran') as ran, to_regclass('public.half') as half`).toEqual([
      { ran: null, half: null },
    ])
    await project.remove()
  })

  it('show only reads', async () => {
    await database.sql`create table public.kept as select 1 as a`
    for (const query of [
      'delete from public.kept returning a',
      'select 1; commit; drop table public.kept',
      'with x as (delete from public.kept returning a) select * from x',
    ])
      await expect(fetchRows(database.sql, query, 5), query).rejects.toThrow()
    await expect(fetchRows(database.sql, "select set_config('transaction_read_only', 'off', true)", 5)).rejects.toThrow()
    expect(await database.sql`select a from public.kept`).toEqual([{ a: 1 }])
  })
})

describe('the data folder', () => {
  it('is not left by links of batches, entities or files', async () => {
    const folder = await fixture({
      'outside/agents/1.json': '[]',
      'outside/roles.json': '[]',
      'data/sync-day1/agents/1.json': '[]',
      'data/sync-day2/budgets/1.json': '[]',
    })
    const at = (name: string) => join(folder.dir, name)
    symlinkSync(at('outside'), at('data/sync-day3'))
    symlinkSync('../../outside/agents', at('data/sync-day2/agents'))
    symlinkSync('../../outside/roles.json', at('data/sync-day2/roles.json'))
    symlinkSync('../sync-day1/agents', at('data/sync-day2/agent_details'))
    const { paths, examine, notices } = survey(at('data'))
    expect(paths.map(path => [path, examine(path).fault])).toEqual([
      ['sync-day1/agents/1.json', undefined],
      ['sync-day2/agent_details/1.json', undefined],
      ['sync-day2/budgets/1.json', undefined],
      ['sync-day2/roles.json', 'is a symbolic link that leads out of the data folder'],
    ])
    expect(notices).toEqual(
      expect.arrayContaining([
        'sync-day3 is skipped: it is a symbolic link that leads out of the data folder.',
        'sync-day2/agents is skipped: it is a symbolic link that leads out of the data folder.',
      ]),
    )
    await folder.remove()
  })
})

describe('a terminal', () => {
  it('gets nothing from data that it would obey', async () => {
    const query = `select E'\\x1b]0;x\\x07\\x1b[2J<script>\\u009b31m\\u202e' as "a\u001b[1m", jsonb_build_object('k', E'\\u009b2J') as j`
    const shown = await fetchRows(database.sql, query, 5)
    const obeyed = /(?!\n)[\p{Cc}\u202e]/u
    expect(asTable(shown)).not.toMatch(obeyed)
    expect(asTable(shown)).toContain('<script>')
    expect(asJson(shown)).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(JSON.parse(asJson(shown))[0].j).toEqual({ k: '\u009b2J' })

    const { report, printed } = silentReport()
    report.note('batch \u001b[31mred\u0007')
    report.warn({ message: 'file \u009b2J\r' })
    report.fail(new Error('said \u001b]0;title\u0007'))
    report.close([{ name: 'Summary', msg: '\u001b[2J' }])
    expect(printed()).not.toMatch(obeyed)
  })
})

describe('secrets', () => {
  const password = 'S3cret/p@ss:w0rd'
  const other = 'envSecretValue77'
  const role = `deskledger_test_${randomBytes(4).toString('hex')}`
  let project: Fixture
  let url: string

  beforeAll(async () => {
    await database.sql.unsafe(`create role ${role} login superuser password '${password}'`)
    url = withUser(database.url, role, password)
    project = await fixture({ 'models/good.sql': 'select 1 as id', 'models/bad.sql': 'select nothing from nowhere' })
    cpSync(join(projectDir, 'migrations'), join(project.dir, 'migrations'), { recursive: true })
    await project.write({ 'data/sync-day1/roles/1.json': '[{"id": 1, "name": "Admin"}]' })
  })
  afterAll(async () => {
    await project.remove()
    await database.sql.unsafe(`reassign owned by ${role} to current_user`)
    await database.sql.unsafe(`drop owned by ${role}`)
    await database.sql.unsafe(`drop role ${role}`)
  })

  it('are in no output, artifact, log or table, whatever goes wrong', async () => {
    const leak = "select '{{ env_var('DBT_ENV_SECRET_TOKEN') }}'"
    const runs: [string[], string?][] = [
      [['build', '--log-format', 'json']],
      [['debug']],
      [['show', '--inline', leak]],
      [['show', '--inline', "select '{{ env_var('DATABASE_URL') }}'"]],
      [['show', '--inline', 'select {{ target }}']],
      [['run'], withUser(url, role, `${password}x`)],
      [['run'], url.replace(/\/[^/]*$/, '/no_such_database')],
      [['run'], url.replace('postgres', 'mysql')],
    ]
    for (const [args, at = url] of runs) {
      const { stdout, stderr } = await runner(args, at)
      expect(hidden(stdout + stderr), `${args.join(' ')}: ${stdout}${stderr}`).toBe(true)
    }
    for (const file of filesIn(project.dir)) expect(hidden(readFileSync(file, 'utf8')), file).toBe(true)
    const rows = await database.sql`select runs::text as line from ops.runs union all select run_nodes::text from ops.run_nodes`
    expect(rows.length).toBeGreaterThan(1)
    expect(hidden(rows.map(({ line }) => line).join('\n'))).toBe(true)
  })

  function hidden(text: string): boolean {
    return ![password, encodeURIComponent(password), `${password}x`, other].some(secret => text.includes(secret))
  }

  function runner(args: string[], at: string): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, DATABASE_URL: at, DBT_ENV_SECRET_TOKEN: other, NO_COLOR: '1' }
    const words = ['--import', 'tsx', join(projectDir, 'run.ts'), ...args, '--project-dir', project.dir]
    return new Promise(resolve =>
      execFile(process.execPath, words, { cwd: projectDir, env }, (_, stdout, stderr) => resolve({ stdout, stderr })),
    )
  }
})

describe('deskledger_reader', () => {
  it('sees core and marts, and what later builds make there; not raw, staging, errors, ops', async () => {
    await database.sql`create table marts.made_later as select 1 as a`
    const may = async (table: string) => {
      const reader = await database.sql.reserve()
      try {
        await reader.unsafe('begin')
        await reader.unsafe('set local role deskledger_reader')
        await reader.unsafe(`select * from ${table} limit 1`)
        return 'yes'
      } catch (error) {
        return (error as { code?: string }).code
      } finally {
        await reader.unsafe('rollback')
        reader.release()
      }
    }
    for (const table of ['core.agents', 'core.transactions', 'marts.made_later']) expect(await may(table), table).toBe('yes')
    for (const table of ['raw.agents', 'errors.agent_pipeline_errors', 'ops.files']) expect(await may(table), table).toBe('42501')
    const writes =
      await database.sql`select has_table_privilege('deskledger_reader', 'core.agents', 'insert, update, delete, truncate') as may`
    expect(writes).toEqual([{ may: false }])
  })

  it('is not needed: a user who may make no roles migrates all the same', async () => {
    const user = `deskledger_test_${randomBytes(4).toString('hex')}`
    const bare = await freshDatabase({ migrate: false })
    await bare.sql.unsafe(`create role ${user} login password 'x'`)
    await bare.sql.unsafe(`grant create on database ${new URL(bare.url).pathname.slice(1)} to ${user}`)
    await bare.sql.unsafe(`grant create on schema public to ${user}`)
    const url = withUser(bare.url, user, 'x')
    const sql = connect(url, { max: 1 })
    expect((await migrate(sql, projectDir)).length).toBeGreaterThan(6)

    // As in a cluster without the role.
    const session = await bare.sql.reserve()
    await session.unsafe('begin')
    await session.unsafe('drop owned by deskledger_reader')
    await session.unsafe(`alter role deskledger_reader rename to ${user}_reader`)
    await session.unsafe(`set local role ${user}`)
    const [row] = await session`select ops.admit_readers() as said`
    expect(row?.said).toContain('only a user with CREATEROLE')
    await session.unsafe('rollback')
    session.release()
    await sql.end()
    await bare.sql.unsafe(`drop owned by ${user} cascade`)
    await bare.sql.unsafe(`drop role ${user}`)
    await bare.drop()
  })
})

function withUser(url: string, user: string, password: string): string {
  const other = new URL(url)
  other.username = user
  other.password = encodeURIComponent(password)
  return other.href
}

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map(name => join(dir, name))
    .filter(file => statSync(file).isFile())
}
