import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BUILT, buildCommand } from '../../run/commands/build.ts'
import { lsCommand } from '../../run/commands/project.ts'
import { compileCommand, showCommand } from '../../run/commands/query.ts'
import { docsData } from '../../run/docs/data.ts'
import type { ReportFigure } from '../../run/reports/shape.ts'
import { artifact, hasSchemas, perform, schemaProblems } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

const PEOPLE = `{{ config(materialized='table') }}
select * from (values (1, 'ann', 'ann@example.test', 10.5), (2, '<img src=x onerror=alert(1)>', null, 4)) as people (id, name, email, usd)`
const REPORT = 'models/reports/sales.md'
const fence = (name: string, sql: string, more = '') => `\`\`\`sql name=${name} ${more}\n${sql}\n\`\`\`\n`
const report = (fences: string[], front = '') => `---\nreport: Sales\n${front}---\nWhat was sold.\n\n${fences.join('\nand\n\n')}`
const BY_NAME = fence('by_name', "select name, usd, email from {{ ref('people') }} order by id", 'show=bar x=name y=usd')
const TOTAL = fence('total', "select sum(usd) as usd from {{ ref('people') }}", 'show=value')

beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture({
    'models/people.sql': PEOPLE,
    'models/other.sql': "{{ config(materialized='table') }} select 1 as id",
    'models/_models.yml': 'models: [{ name: people, columns: [{ name: email, meta: { personal: contact } }] }]',
    [REPORT]: report([BY_NAME, TOTAL], 'columns: { usd: { label: Sold, format: money, unit: USD } }\n'),
  })
  await database.sql.unsafe(
    'drop schema public cascade; create schema public; truncate ops.nodes; truncate ops.report_figures, ops.published_figures',
  )
})
afterEach(() => project.remove())

const build = (options: Parameters<typeof buildFixture>[2] = {}) =>
  buildFixture(database.sql, project.dir, { hasLog: true, freezing: { keep: 3, through: async () => '2026-01-07' }, ...options })
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
const ran = ({ results }: Awaited<ReturnType<typeof build>>) =>
  results.filter(({ isReused }) => !isReused).map(({ node }) => `${node.resourceType} ${node.name}`)

/** The figures as the page gets them, by name. */
async function shown(withPersonal = false): Promise<Record<string, ReportFigure>> {
  const { project: parsed } = await build({ isTrial: true })
  const sql = await database.sql.reserve()
  try {
    const data = await docsData(sql, {
      project: parsed,
      errors: [],
      command: 'docs',
      targetPath: project.dir,
      isCompiled: true,
      withPersonal,
    })
    expect(data.errors).toEqual([])
    const figures = data.reports[0]!.blocks.filter(block => block.kind === 'figure')
    return Object.fromEntries(figures.map(figure => [figure.name, figure]))
  } finally {
    sql.release()
  }
}

describe('a build', () => {
  it('runs reports last, and keeps their rows with the publish as they are', async () => {
    const built = await build()
    expect(ran(built).at(-1)).toBe('report sales')
    expect(built.by.sales).toMatchObject({ status: 'success', message: '2 figures' })
    expect(
      await rows('select figure, data_through, frozen_in = run_id as own, problem from ops.published_figures order by figure'),
    ).toEqual([
      { figure: 'by_name', data_through: '2026-01-07', own: true, problem: null },
      { figure: 'total', data_through: '2026-01-07', own: true, problem: null },
    ])
    const { by_name: figure } = await shown(true)
    expect(figure).toMatchObject({
      display: 'bar',
      x: 'name',
      y: ['usd'],
      problem: null,
      published: null,
      rows: [
        ['ann', '10.5', 'ann@example.test'],
        ['<img src=x onerror=alert(1)>', '4', null],
      ],
    })
    expect(figure!.columns).toMatchObject([
      {
        name: 'name',
        label: 'Name',
        format: 'text',
        unit: null,
        isPersonal: false,
        sources: [{ node: 'model.shop.people', column: 'name' }],
      },
      { name: 'usd', label: 'Sold', format: 'money', unit: 'USD', isPersonal: false },
      { name: 'email', isPersonal: true },
    ])
  })

  it('masks contacts for the page unless they are asked for', async () => {
    await build()
    expect((await shown()).by_name?.rows.map(row => row[2])).toEqual(['•••', null])
  })

  it('points to the rows of before where nothing that a report reads has changed', async () => {
    await build()
    await project.write({ 'models/other.sql': "{{ config(materialized='table') }} select 2 as id" })
    expect(ran(await build())).toEqual(['model other'])
    expect(
      await rows('select count(distinct run_id)::int as publishes, count(distinct frozen_in)::int as frozen from ops.published_figures'),
    ).toEqual([{ publishes: 2, frozen: 1 }])
    expect(await rows('select count(*)::int as kept from ops.report_figures')).toEqual([{ kept: 2 }])
    expect((await shown()).total).toMatchObject({ rows: [['14.5']], problem: null, published: null })
  })

  it('runs a report again when what it reads, or its query, is another one, and not for its prose', async () => {
    await build()
    await project.write({ 'models/people.sql': PEOPLE.replace('10.5', '11.5') })
    expect(ran(await build())).toEqual(['model people', 'report sales'])
    expect((await shown()).total?.rows).toEqual([['15.5']])
    await project.write({ [REPORT]: report([BY_NAME, TOTAL]).replace('What was sold.', 'All that was sold.') })
    expect(ran(await build())).toEqual(['report sales'])
    await project.write({ [REPORT]: report([BY_NAME, TOTAL]).replace('What was sold.', 'Whatever was sold.') })
    expect(ran(await build())).toEqual([])
    await project.write({ [REPORT]: report([BY_NAME, TOTAL.replace('sum(', 'max(')]) })
    expect((await shown()).total?.problem).toMatch(/^These are the figures of 20..-..-..: its query was edited since/)
    expect(ran(await build())).toEqual(['report sales'])
  })

  it('keeps the last publishes, and of older ones only rows that are still shown', async () => {
    for (const usd of ['1', '2', '3', '4', '5']) {
      await project.write({
        'models/people.sql': PEOPLE.replace('10.5', usd),
        'models/fixed.sql': "{{ config(materialized='table') }} select 1 as one",
        'models/reports/fixed.md': `---\nreport: Fixed\n---\n${fence('one', "select one from {{ ref('fixed') }}")}`,
      })
      await build()
    }
    expect(
      await rows('select report, count(*)::int as n, count(distinct run_id)::int as runs from ops.published_figures group by 1 order by 1'),
    ).toEqual([
      { report: 'report.shop.fixed', n: 3, runs: 3 },
      { report: 'report.shop.sales', n: 6, runs: 3 },
    ])
    expect(await rows('select report, count(*)::int as n from ops.report_figures group by 1 order by 1')).toEqual([
      { report: 'report.shop.fixed', n: 1 },
      { report: 'report.shop.sales', n: 6 },
    ])
  })

  it('is published though a figure fails on the data: it is a warning, and the rows of before stay with their day', async () => {
    await build()
    const first = (await shown()).total!
    await project.write({ [REPORT]: report([BY_NAME, TOTAL.replace('sum(usd)', 'sum(usd / (usd - 4))')]) })
    const built = await build()
    expect(built).toMatchObject({ status: 'published' })
    expect(built.by.sales).toMatchObject({ status: 'warn', failures: 1 })
    expect(built.by.sales?.message).toBe(
      `total: division by zero (22012) (${REPORT}:13)\nIt keeps showing the figures that were published last.`,
    )
    const { total, by_name: other } = await shown()
    expect(total).toMatchObject({ rows: first.rows, published: { runId: expect.any(String) } })
    expect(total?.problem).toMatch(/^These are the figures of 20..-..-..: the last publish could not run it\. division by zero/)
    expect(other).toMatchObject({ problem: null, published: null })
    // Each build that publishes anything tries it again.
    expect((await build()).by.sales).toMatchObject({ status: 'warn' })
    await project.write({ [REPORT]: report([BY_NAME, TOTAL]) })
    expect((await build()).by.sales).toMatchObject({ status: 'success' })
    expect((await shown()).total).toMatchObject({ problem: null, published: null })
  })

  it('is published though a figure has too many rows, and says to aggregate', async () => {
    const many = fence('many', 'select i from generate_series(1, 10001) as i')
    await project.write({ [REPORT]: report([many.replace('10001', '10000')]) })
    expect((await build()).by.sales).toMatchObject({ status: 'success' })
    await project.write({ [REPORT]: report([many]) })
    const built = await build()
    expect(built).toMatchObject({ status: 'published' })
    expect(built.by.sales?.message).toBe(
      `many: The figure 'many' has more than 10,000 rows (${REPORT}:7)\n→ Aggregate in its query: group by what the reader compares.\nIt keeps showing the figures that were published last.`,
    )
    expect((await shown()).many?.rows.length).toBe(10_000)
  })

  it('fails with on_error: fail, and with --warn-error', async () => {
    const broken = [TOTAL.replace('sum(usd)', '1 / 0')]
    await project.write({ [REPORT]: report(broken, 'on_error: fail\n') })
    expect(await build()).toMatchObject({ status: 'failed', by: { sales: { status: 'error' } } })
    await project.write({ [REPORT]: report(broken) })
    expect(await build({ warnError: true })).toMatchObject({ status: 'failed' })
    expect(await rows('select from ops.published_figures')).toEqual([])
  })

  it.each([
    [fence('a', "select nmae from {{ ref('people') }}"), `${REPORT}:7:8: column "nmae" does not exist (42703)`],
    [fence('a', "select name\nfrm {{ ref('people') }}"), `${REPORT}:8:8: syntax error`],
    [
      fence('a', "select name from {{ ref('people') }}; select 1"),
      `${REPORT}:7:39: A figure must be one SELECT, but a second statement begins here`,
    ],
    [
      fence('a', "select name from {{ ref('people') }}", 'show=bar x=nmae y=name'),
      `${REPORT}:6:26: x of the figure 'a' is the column 'nmae', which its query does not return`,
    ],
  ])('fails for a mistake in a report, as for one in a model: %s', async (broken, expected) => {
    await project.write({ [REPORT]: report([broken, TOTAL]) })
    const built = await build()
    expect(built.status).toBe('failed')
    expect(built.printed).toContain(expected)
    expect(await rows("select to_regclass('people') is null as is_undone")).toEqual([{ is_undone: true }])
  })

  it('fails for words about a column that no figure has', async () => {
    await project.write({ [REPORT]: report([TOTAL], 'columns: { usdd: { label: Sold } }\n') })
    expect((await build()).printed).toContain(`${REPORT}:3:12: No figure of the report 'sales' has the column 'usdd'\n`)
  })

  it('skips a report of which something that it reads failed', async () => {
    await project.write({ 'models/people.sql': "{{ config(materialized='table') }} select 1 / 0 as id" })
    expect((await build()).by.sales).toMatchObject({ status: 'skipped', message: 'Skipped: people failed' })
  })

  it('keeps nothing of a trial, and is without figures where there is no place for them', async () => {
    expect((await build({ isTrial: true })).by.sales).toMatchObject({ status: 'success' })
    expect(await rows('select from ops.published_figures')).toEqual([])
    const { freezing: _, ...without } = { freezing: undefined }
    await buildFixture(database.sql, project.dir, without)
    expect(await rows('select from ops.published_figures')).toEqual([])
    expect((await shown()).total).toMatchObject({ rows: [], problem: 'It has not been published yet: the next build runs it.' })
  })
})

describe('the commands', () => {
  const run = (command: Parameters<typeof perform>[0], options: object = {}, name = 'test') =>
    perform(command, { url: database.url, dir: project.dir, name, options })
  const whole = () =>
    run(command => buildCommand({ ...command, extension: undefined } as never, { types: BUILT, loads: false }), {}, 'build')

  it('build tells of reports as of nodes, and writes them to artifacts as exposures', async () => {
    await project.write({
      'models/_e.yml': "exposures:\n  - { name: mail, type: notebook, owner: { name: Ann }, depends_on: [ref('people')] }\n",
    })
    const { code, stdout, stderr } = await whole()
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('Found 2 models, 1 report, 1 exposure')
    expect(stderr).toMatch(/3 of 3 START report sales \.+ \[RUN\]/)
    expect(stderr).toMatch(/3 of 3 OK ran report sales \.+ \[2 figures in .*s\]/)
    expect(stdout).toContain('2 table models, 1 report in')
    const manifest = artifact<{ exposures: object }>(project.dir, 'manifest.json')
    expect(Object.keys(manifest.exposures)).toEqual(['exposure.shop.mail', 'exposure.shop.sales'])
    const results = artifact<{ results: { unique_id: string }[] }>(project.dir, 'run_results.json')
    expect(results.results.map(result => result.unique_id)).toContain('exposure.shop.sales')
  })

  it.skipIf(!hasSchemas)('artifacts of reports are what the JSON schemas of dbt ask for', async () => {
    expect((await whole()).code).toBe(0)
    expect(schemaProblems('manifest-v12.json', artifact(project.dir, 'manifest.json'))).toEqual([])
    expect(schemaProblems('run-results-v6.json', artifact(project.dir, 'run_results.json'))).toEqual([])
  })

  it('ls lists reports and exposures by what selects them', async () => {
    await project.write({
      'models/_e.yml': "exposures:\n  - { name: mail, type: notebook, owner: { name: Ann }, depends_on: [ref('people')] }\n",
    })
    expect((await run(lsCommand, { select: ['people+'], output: 'selector' })).stdout).toBe(
      'exposure:shop.mail\nshop.people\nreport:shop.sales\n',
    )
    expect((await run(lsCommand, { resourceType: ['report'], output: 'path' })).stdout).toBe(`${REPORT}\n`)
    expect((await run(lsCommand, { select: ['report:shop.sales', 'exposure:shop.mail'], output: 'name' })).stdout).toBe('mail\nsales\n')
  })

  it('build says that nothing is kept where there is no place for it', async () => {
    const plain = await freshDatabase({ migrate: false })
    try {
      const build = () =>
        perform(command => buildCommand({ ...command, extension: undefined } as never, { types: BUILT, loads: false }), {
          url: plain.url,
          dir: project.dir,
          name: 'build',
        })
      const { code, stderr } = await build()
      expect(code, stderr).toBe(0)
      expect(stderr).toContain('Warning: The figures of reports are run, but not stored')
      expect(stderr).toContain('OK ran report sales')
      await project.write({ [REPORT]: report([TOTAL.replace('sum(usd)', 'sum(us)')]) })
      expect((await build()).code).toBe(1)
    } finally {
      await plain.drop()
    }
  })

  it('show prints the figures of a report, compile its SQL with what is wrong', async () => {
    await whole()
    expect((await run(showCommand, { select: ['sales'] })).stdout).toBe(
      [
        'By name (by_name)',
        '| name                         | usd  | email            |',
        '| ---------------------------- | ---- | ---------------- |',
        '| ann                          | 10.5 | ann@example.test |',
        '| <img src=x onerror=alert(1)> | 4    |                  |',
        '',
        'Total (total)',
        '| usd  |',
        '| ---- |',
        '| 14.5 |',
        '',
      ].join('\n'),
    )
    expect(JSON.parse((await run(showCommand, { select: ['report:sales'], output: 'json', limit: 1 })).stdout)).toEqual({
      by_name: [{ name: 'ann', usd: '10.5', email: 'ann@example.test' }],
      total: [{ usd: '14.5' }],
    })
    expect((await run(compileCommand, { select: ['sales'] })).stdout).toMatch(
      /^-- by_name\nselect name, usd, email from ".*"\."public"\."people" order by id;\n\n-- total\n/,
    )

    await project.write({ [REPORT]: report([BY_NAME.replace('y=usd', 'y=us'), fence('new', "select no_such from {{ ref('people') }}")]) })
    const { code, stderr } = await run(compileCommand, { select: ['sales'] })
    expect(code).toBe(2)
    // The columns of models in the next build are known only to that build.
    expect(stderr).toContain(`${REPORT}:6:39: y of the figure 'by_name' is the column 'us', which its query does not return`)
    expect(stderr).not.toContain('no_such')
  })
})
