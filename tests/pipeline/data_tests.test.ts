import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { claimOf } from '../../run/check/claim.ts'
import { provedByConstraint } from '../../run/check/proved-by-constraint.ts'
import type { Sql } from '../../run/database/driver.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture({
    'models/people.sql': "select * from (values (1, 'ann', 'x'), (2, 'bob', null), (2, null, 'y')) as v (id, name, kind)",
    'models/kinds.sql': "select * from (values ('x'), ('z')) as v (kind)",
  })
  await database.sql.unsafe('drop schema public cascade; create schema public; drop schema if exists public_dbt_test__audit cascade')
})
afterEach(() => project.remove())

const run = (options: Parameters<typeof buildFixture>[2] = {}) => buildFixture(database.sql, project.dir, options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
const verdicts = async (yaml: string, options: Parameters<typeof buildFixture>[2] = {}) => {
  await project.write({ 'models/_models.yml': yaml })
  const { results } = await run(options)
  return Object.fromEntries(
    results.filter(({ node }) => node.resourceType === 'test').map(({ node, status, failures }) => [node.name, [status, failures]]),
  )
}

describe('the four generic tests', () => {
  it('count as dbt does: missing values pass unique, accepted_values and relationships', async () => {
    expect(
      await verdicts(`
models:
  - name: people
    columns:
      - name: id
        data_tests: [unique, not_null, {accepted_values: {arguments: {values: [1, 2], quote: false}}}]
      - name: name
        data_tests: [not_null, unique]
      - name: kind
        data_tests:
          - not_null
          - accepted_values: {arguments: {values: [x, "it's"]}}
          - relationships: {arguments: {to: ref('kinds'), field: kind}}
`),
    ).toEqual({
      unique_people_id: ['fail', 1],
      not_null_people_id: ['pass', 0],
      accepted_values_people_id__False__1__2: ['pass', 0],
      not_null_people_name: ['fail', 1],
      unique_people_name: ['pass', 0],
      not_null_people_kind: ['fail', 1],
      accepted_values_people_kind__x__it_s: ['fail', 1],
      relationships_people_kind__kind__ref_kinds_: ['fail', 1],
    })
  })

  it('are not run where a constraint proves them', async () => {
    await database.sql.unsafe(`
      create table parents (id int primary key);
      create table children (id int not null, parent int references parents deferrable initially deferred, other int, half int,
        kind text check (kind in ('a', 'b c')), size text check (size in ('s', 'm')));
      alter table children add foreign key (other) references parents not valid;
      create unique index half on children (half) where half > 5;
      insert into children values (1, null, null, 1), (1, null, null, 1)`)
    const tests = `
sources:
  - name: public
    tables:
      - name: parents
        columns: [{name: id, data_tests: [unique, not_null]}]
      - name: children
        columns:
          - {name: id, data_tests: [not_null, unique]}
          - {name: half, data_tests: [unique, {not_null: {config: {where: half > 0}}}]}
          - {name: kind, data_tests: [{accepted_values: {arguments: {values: [a, b c]}}}]}
          - {name: size, data_tests: [{accepted_values: {arguments: {values: [s]}}}]}
          - {name: parent, data_tests: [{relationships: {arguments: {to: "source('public', 'parents')", field: id}}}]}
          - {name: other, data_tests: [{relationships: {arguments: {to: "source('public', 'parents')", field: id}}}]}
`
    await project.write({ 'models/people.sql': null, 'models/kinds.sql': null, 'models/_models.yml': tests })
    const { results, project: parsed } = await run()
    const plain = { failCalc: 'count(*)', warnIf: '!= 0', errorIf: '!= 0', limit: null }
    const checks = results.map(({ compiled, node }) => ({ ...plain, sql: compiled ?? '', claim: claimOf(parsed, node) }))
    const proofs = await database.sql.begin(sql => provedByConstraint(sql as unknown as Sql, checks))
    const proved = results.filter((_, index) => proofs.has(index)).map(({ node }) => node.name)
    expect(proved.sort()).toEqual([
      'source_accepted_values_public_children_kind__a__b_c',
      'source_not_null_public_children_id',
      'source_not_null_public_parents_id',
      'source_relationships_public_children_parent__id__source_public_parents_',
      'source_unique_public_parents_id',
    ])
    expect(
      results
        .filter(({ status }) => status === 'fail')
        .map(({ node }) => node.name)
        .sort(),
    ).toEqual(['source_unique_public_children_half', 'source_unique_public_children_id'])
  })

  it('where narrows the rows, limit the failures, severity and thresholds the verdict', async () => {
    const config = (text: string) => `      - name: id\n        data_tests: [{unique: {config: {${text}}}}]\n`
    const of = async (text: string, options = {}) =>
      (await verdicts(`models:\n  - name: people\n    columns:\n${config(text)}`, options)).unique_people_id
    expect(await of('where: "name is not null"')).toEqual(['pass', 0])
    expect(await of('severity: warn')).toEqual(['warn', 1])
    expect(await of('severity: warn', { warnError: true })).toEqual(['fail', 1])
    expect(await of('severity: warn, error_if: "> 0", warn_if: "> 5"')).toEqual(['pass', 1])
    expect(await of('error_if: "> 5", warn_if: ">= 1"')).toEqual(['warn', 1])
    expect(await of('fail_calc: "sum(n_records)"')).toEqual(['fail', 2])
    expect(await of('fail_calc: "sum(n_records)", where: "false"')).toEqual(['error', null])
    expect(
      (await verdicts('models:\n  - name: people\n    columns:\n      - {name: name, data_tests: [{not_null: {config: {limit: 1}}}]}\n'))
        .not_null_people_name,
    ).toEqual(['fail', 1])
  })
})

describe('tests of the project', () => {
  it('generic ones of tests/generic and singular ones, each with its own error', async () => {
    await project.write({
      'tests/generic/above.sql':
        '{% test above(model, column_name, floor) %}\nselect * from {{ model }} where {{ column_name }} <= {{ floor }}\n{% endtest %}',
      'tests/broken.sql': "select * from {{ ref('people') }}\nwhere nmae = 'x'",
      'tests/nobody_is_bob.sql': "select id, name from {{ ref('people') }} where name = 'bob'",
    })
    expect(
      await verdicts(
        'models:\n  - name: people\n    columns:\n      - name: id\n        data_tests: [{above: {arguments: {floor: 1}}}, not_null]\n',
      ),
    ).toEqual({
      above_people_id__1: ['fail', 1],
      not_null_people_id: ['pass', 0],
      broken: ['error', null],
      nobody_is_bob: ['fail', 1],
    })
    const { printed } = await run()
    expect(printed).toContain('tests/broken.sql:2:7')
    expect(printed).toContain('FAIL 1 nobody_is_bob')
  })

  it('store_failures keeps the rows with their types, anew each time, and an empty table when all is well', async () => {
    await project.write({
      'tests/all_types.sql':
        "{{ config(store_failures=true) }} select 1.50::numeric(6, 2) as n, 'a \"b\", \\c' as t, null::text as z, '{\"a\": 1}'::jsonb as j, array[1, null]::int[] as l, now() as at from {{ ref('people') }} where {{ var('bad', 'true') }}",
    })
    const first = await run()
    const table = first.by.all_types?.storedIn
    expect(first.status).toBe('failed')
    expect(await rows(`select n, t, z, j, l::text as l from ${table} limit 1`)).toEqual([
      { n: '1.50', t: 'a "b", \\c', z: null, j: { a: 1 }, l: '{1,NULL}' },
    ])
    expect(await rows(`select count(*)::int as n from ${table}`)).toEqual([{ n: 3 }])
    expect((await run({ vars: { bad: 'false' } })).status).toBe('published')
    expect(await rows(`select count(*)::int as n from ${table}`)).toEqual([{ n: 0 }])
  })
})
