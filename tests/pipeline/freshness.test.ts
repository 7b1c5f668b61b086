import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshnessCommand } from '../../run/commands/freshness.ts'
import { lsCommand } from '../../run/commands/project.ts'
import { artifact, hasSchemas, perform, schemaProblems } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  await database.sql.unsafe(`
    create table orders (id int, came timestamp); insert into orders values (1, now() - interval '2 hours'), (2, null), (3, now() - interval '9 days');
    create table lines (came timestamptz); create table notes (a int)`)
  project = await fixture({
    'models/_sources.yml': `sources:
  - name: shop
    schema: public
    loaded_at_field: came
    freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}
    tables:
      - name: orders
      - {name: old, identifier: orders, freshness: {filter: id = 3}}
      - {name: loose, identifier: orders, freshness: {warn_after: {count: 5, period: hour}}}
      - {name: asked, identifier: orders, loaded_at_query: "select max(came) from {{ this }} where id = 1", config: {freshness: {warn_after: null}}}
      - {name: lines}
      - {name: half, identifier: orders, freshness: {warn_after: {count: 5}, error_after: {}}}
      - {name: silent, identifier: notes, freshness: null}
  - name: other
    schema: public
    freshness: {error_after: {count: 1, period: day}}
    tables: [{name: notes}]
`,
  })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

describe('source freshness', () => {
  it('holds the newest row against the thresholds of source and table, and writes sources.json', async () => {
    const { code, stdout, stderr } = await perform(freshnessCommand, { url: database.url, dir: project.dir, name: 'freshness' })
    const { results } = artifact<{ results: { unique_id: string; status: string }[] }>(project.dir, 'sources.json')
    expect(Object.fromEntries(results.map(({ unique_id, status }) => [unique_id.replace('source.shop.', ''), status]))).toEqual({
      'shop.orders': 'warn',
      'shop.old': 'error',
      'shop.loose': 'pass',
      'shop.asked': 'pass',
      'shop.half': 'pass', // the hours come from the source, its error_after too
      'shop.lines': 'error', // no rows
      'other.notes': 'runtime error', // no column has the time of loading
    })
    expect([code, stdout]).toEqual([1, expect.stringContaining('PASS=3 WARN=1 ERROR=3 TOTAL=7')])
    expect(stderr).toMatch(/WARN freshness of shop\.orders \.+ \[WARN in 0\.\d\ds\]/)
    expect(stderr).toContain('neither loaded_at_field nor loaded_at_query')
    expect(stderr).toContain('models/_sources.yml:17')
  })

  it('tells of a source what dbt 1.11 tells of it', async () => {
    await database.sql.unsafe("create table past (at timestamp); insert into past values ('2016-09-19 14:45:51.25')")
    const old = await fixture({
      'models/_s.yml':
        'sources: [{name: a, schema: public, loaded_at_field: at, freshness: {warn_after: {count: 10, period: hour}}, tables: [{name: past}]}]\n',
    })
    await perform(freshnessCommand, { url: database.url, dir: old.dir, name: 'freshness' })
    const { results } = artifact<{ results: object[] }>(old.dir, 'sources.json')
    await old.remove()
    const timing = { started_at: expect.any(String), completed_at: expect.any(String) }
    expect(results).toEqual([
      {
        unique_id: 'source.shop.a.past',
        max_loaded_at: '2016-09-19T14:45:51.250000+00:00',
        snapshotted_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}[.]\d{6}[+]00:00$/),
        max_loaded_at_time_ago_in_s: expect.any(Number),
        status: 'warn',
        criteria: { warn_after: { count: 10, period: 'hour' }, error_after: null, filter: null },
        adapter_response: { _message: 'SELECT 1', code: 'SELECT', rows_affected: 1 },
        timing: [
          { name: 'compile', ...timing },
          { name: 'execute', ...timing },
        ],
        thread_id: 'Thread-1',
        execution_time: expect.any(Number),
      },
    ])
  })

  it.skipIf(!hasSchemas)("writes a sources.json that is valid by dbt's schema", async () => {
    await perform(freshnessCommand, { url: database.url, dir: project.dir, name: 'freshness' })
    expect(schemaProblems('sources-v3.json', artifact(project.dir, 'sources.json'))).toEqual([])
  })

  it('a warning is no failure, but with --warn-error; --select picks sources', async () => {
    const on = (options: object) =>
      perform(freshnessCommand, { url: database.url, dir: project.dir, options: { select: ['source:shop.orders'], ...options } })
    expect((await on({})).code).toBe(0)
    expect((await on({ warnError: true })).code).toBe(1)
  })

  it('source_status:fresher picks what has newer rows than the sources.json of --state', async () => {
    const at = (options: object, run = freshnessCommand) => perform(run, { url: database.url, dir: project.dir, options })
    const state = path.join(project.dir, 'before')
    await at({ targetPath: state })
    await database.sql`insert into orders values (1, now())`
    await at({})
    const { stdout } = await at({ state, select: ['source_status:fresher'], output: 'name' }, lsCommand)
    expect(stdout.trim().split('\n')).toEqual(['shop.asked', 'shop.half', 'shop.loose', 'shop.orders'])
  })

  it("asks by a project's own collect_freshness, for a query by collect_freshness_custom_sql, with its own current_timestamp", async () => {
    const macro = (name: string, sql: string, given: string) => `{% macro ${name} %}
  {% call statement('own', fetch_result=True, auto_begin=False) %}${sql}{% endcall %}
  {{ return(load_result('own')${given}) }}
{% endmacro %}\n`
    const own = await fixture({
      'models/_s.yml': `sources:
  - name: a
    schema: public
    loaded_at_field: came
    freshness: {warn_after: {count: 1, period: hour}, filter: id > 0}
    tables: [{name: o, identifier: orders}, {name: q, identifier: orders, loaded_at_query: select null}]\n`,
      'macros/time.sql': "{% macro default__current_timestamp() %}'2030-01-01 00:30'::timestamp{% endmacro %}",
      'macros/own.sql': `${macro(
        'collect_freshness(source, loaded_at_field, filter)',
        `select '2030-01-01'::timestamp as {{ loaded_at_field }}, {{ current_timestamp() }} from {{ source }} where {{ filter }} limit 1`,
        '.table',
      )}`,
    })
    const measured = async () => {
      const { stderr } = await perform(freshnessCommand, { url: database.url, dir: own.dir, name: 'freshness' })
      return { stderr, ...artifact<{ results: Record<string, unknown>[] }>(own.dir, 'sources.json') }
    }
    expect((await measured()).results).toMatchObject([
      {
        max_loaded_at: '2030-01-01T00:00:00+00:00',
        snapshotted_at: '2030-01-01T00:30:00+00:00',
        max_loaded_at_time_ago_in_s: 1800,
        status: 'pass',
      },
      { max_loaded_at: '0001-01-01T00:00:00+00:00', status: 'warn' },
    ])
    await own.write({
      'macros/own.sql': macro(
        'default__collect_freshness_custom_sql(source, loaded_at_query)',
        "select '2029-12-31 21:30:00+01'::timestamptz, {{ current_timestamp() }}",
        '',
      ),
    })
    expect((await measured()).results[1]).toMatchObject({ max_loaded_at_time_ago_in_s: 4 * 3600, status: 'warn' })
    await own.write({
      'macros/own.sql': `\n${macro('collect_freshness(source, loaded_at_field, filter)', 'select current_date, now()', '')}`,
    })
    expect(await measured()).toMatchObject({
      results: [{ status: 'runtime error' }, {}],
      stderr: expect.stringMatching(/macros\/own\.sql:2:1: The macro 'collect_freshness' is to return one row of two timestamps/),
    })
    await own.remove()
  })

  it("asks by a package's own collect_freshness, which dispatches to that of dbt", async () => {
    const own = await fixture({
      'models/_s.yml':
        'sources: [{name: a, schema: public, loaded_at_field: came, freshness: {warn_after: {count: 1, period: hour}}, tables: [{name: orders}]}]\n',
      'dbt_packages/kit/dbt_project.yml': 'name: kit\n',
      'dbt_packages/kit/macros/own.sql':
        "{% macro collect_freshness(source, loaded_at_field, filter) %}{{ return(adapter.dispatch('collect_freshness')(source, loaded_at_field, filter or 'id = 3')) }}{% endmacro %}",
    })
    await perform(freshnessCommand, { url: database.url, dir: own.dir, name: 'freshness' })
    const { results } = artifact<{ results: { max_loaded_at_time_ago_in_s: number }[] }>(own.dir, 'sources.json')
    expect(Math.floor(results[0]!.max_loaded_at_time_ago_in_s / 86_400)).toBe(9)
    await own.remove()
  })

  it('says what is wrong with a threshold', async () => {
    const wrong = await fixture({
      'models/_s.yml': 'sources:\n  - name: a\n    freshness: {warn_after: {count: 1, period: week}}\n    tables: [{name: t}]\n',
    })
    const { code, stderr } = await perform(freshnessCommand, { url: database.url, dir: wrong.dir })
    await wrong.remove()
    expect(code).toBe(2)
    expect(stderr).toContain('models/_s.yml:3')
    expect(stderr).toContain('a period of minute, hour or day')
  })
})
