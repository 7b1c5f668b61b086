import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manifestOf } from '../../run/artifacts/manifest.ts'
import { runResults } from '../../run/artifacts/run-results.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture({
    'seeds/names.csv': 'key,name\nann,Ann\n',
    'models/orders.sql': "select 1.5 as amount, 'ann' as who",
    'models/named.sql':
      "{{ config(materialized='ephemeral') }}\nselect orders.*, names.name from {{ ref('orders') }} as orders left join {{ ref('names') }} as names on names.key = who",
    'models/totals.sql': "select name, sum(amount) as total, count(*) as n from {{ ref('named') }} group by name",
    'models/after.sql': "select * from {{ ref('totals') }}",
  })
  await database.sql.unsafe('drop schema public cascade; create schema public')
})
afterEach(() => project.remove())

const run = (options: Parameters<typeof buildFixture>[2] = {}) => buildFixture(database.sql, project.dir, options)

describe('unit tests in a build', () => {
  const yaml = (total: number) => `unit_tests:
  - name: adds
    model: totals
    given:
      - { input: ref('orders'), rows: [{ amount: 1 }, { amount: 2 }] }
      - { input: ref('names'), rows: [] }
    expect: { rows: [{ total: ${total} }] }
`
  it('run before their model; a failing one skips it and what reads it, and nothing is published', async () => {
    await project.write({ 'models/_unit.yml': yaml(4) })
    const { status, results } = await run()
    expect(status).toBe('failed')
    expect(Object.fromEntries(results.map(({ node, status }) => [node.name, status]))).toEqual({
      names: 'success',
      orders: 'success',
      named: 'success',
      adds: 'fail',
      totals: 'skipped',
      after: 'skipped',
    })
    expect(await database.sql`select to_regclass('totals') as there`).toEqual([{ there: null }])
    await project.write({ 'models/_unit.yml': yaml(3) })
    const green = await run()
    expect(green.status).toBe('published')
    expect(green.results.map(({ node }) => node.name).indexOf('adds')).toBeLessThan(
      green.results.map(({ node }) => node.name).indexOf('totals'),
    )
  })

  it('are in the artifacts', async () => {
    await project.write({ 'models/_unit.yml': yaml(3) })
    const { project: parsed, results } = await run({ select: ['unit_test:adds'] })
    const id = 'unit_test.shop.totals.adds'
    expect(runResults(parsed, results, { command: 'build', args: {}, elapsedSeconds: 0 })).toMatchObject({
      results: [{ unique_id: id, status: 'pass', failures: 0, relation_name: null }],
    })
    expect(manifestOf(parsed)).toMatchObject({
      unit_tests: { [id]: { model: 'totals', fqn: ['shop', 'totals', 'adds'], depends_on: { nodes: ['model.shop.totals'] } } },
      parent_map: { [id]: ['model.shop.totals'] },
    })
    const compiled = await readFile(path.join(project.dir, 'target/compiled/shop/models/_unit.yml/adds.sql'), 'utf8')
    expect((await database.sql.unsafe(compiled)).map(row => row.side)).toEqual(['same'])
  })
})

describe('the unit tests of the project', () => {
  it('pass on a fresh database, and are not run again until something changes', async () => {
    const fresh = await freshDatabase()
    const once = () =>
      buildFixture(fresh.sql, projectDir, { select: ['test_type:unit'], hasLog: true, targetPath: path.join(project.dir, 'target') })
    try {
      const { results, printed, status } = await once()
      expect(printed.replace(/^.* (PASS|START) .*\n/gm, '')).toBe('')
      expect(status).toBe('published')
      expect(results.length).toBeGreaterThan(20)
      const [again] = (await once()).results
      expect(again).toMatchObject({ status: 'pass', message: expect.stringMatching('^Reused') })
    } finally {
      await fresh.drop()
    }
  })
})
