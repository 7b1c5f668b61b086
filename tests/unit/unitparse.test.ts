import { expect, it } from 'vitest'
import { manifestOf } from '../../run/artifacts/manifest.ts'
import { typedLiteral } from '../../run/check/unit-sql.ts'
import { buildOrder } from '../../run/graph/order.ts'
import { mistakesOf, projectOf } from './fixture.ts'

const files = (yaml: string): Record<string, string> => ({
  'models/a.sql': "select * from {{ ref('e') }}, {{ source('raw', 't') }}",
  'models/b.sql': 'select 1 as id',
  'models/c.sql': "select * from {{ ref('b') }}",
  'models/e.sql': "{{ config(materialized='ephemeral') }} select * from {{ ref('b') }}",
  'models/_s.yml': 'sources: [{ name: raw, tables: [{ name: t }] }]',
  'macros/m.sql': '{% macro pick() %}1{% endmacro %}',
  'tests/fixtures/rows.csv': 'id,name\n1,\n2,bo\n',
  'tests/fixtures/query.sql': 'select 1 as id',
  'models/_u.yml': `unit_tests:\n  - name: works\n    model: a\n${yaml}`,
})
const given = (input: string): Record<string, string> => files(`    given:\n      - ${input}\n    expect: { rows: [] }\n`)

it('reads inputs, rows and fixtures; an ephemeral model can be given, or what it reads', async () => {
  const project = await projectOf(
    files(`    given:
      - input: ref('b')
        fixture: rows
      - input: source('raw', 't')
        format: csv
        rows: |
          id,Big
          7,x
      - { input: ref('e'), fixture: query, format: sql }
      - input: this
    expect:
      rows: [{ id: 1 }, { name: x, id: null }]
    config: { tags: [slow] }
`),
  )
  const test = project.unitTests.get('unit_test.desk.a.works')!
  expect(
    test.given.map(({ id, rows }) => [id, rows.format, rows.columns, rows.rows.map(row => [...row].map(([, cell]) => cell.value))]),
  ).toEqual([
    [
      'model.desk.b',
      'csv',
      ['id', 'name'],
      [
        ['1', null],
        ['2', 'bo'],
      ],
    ],
    ['source.desk.raw.t', 'csv', ['id', 'Big'], [['7', 'x']]],
    ['model.desk.e', 'sql', [], []],
    ['model.desk.a', 'dict', [], []],
  ])
  expect(test.given[0]!.rows.rows[1]!.get('name')!.place).toEqual({ file: 'tests/fixtures/rows.csv', line: 3, column: 1 })
  expect(test).toMatchObject({ resourceType: 'unit_test', tags: ['slow'], expect: { columns: ['id', 'name'] } })
  expect(buildOrder(project, [...project.nodes.keys(), test.uniqueId]).map(node => node.name)).toEqual(['b', 'c', 'e', 'works', 'a'])
  expect((manifestOf(project) as { unit_tests: object }).unit_tests).toMatchObject({
    [test.uniqueId]: {
      model: 'a',
      given: [
        {
          input: "ref('b')",
          rows: [
            { id: '1', name: null },
            { id: '2', name: 'bo' },
          ],
          format: 'csv',
          fixture: 'rows',
        },
        {},
        {},
        {},
      ],
      expect: { rows: [{ id: 1 }, { name: 'x', id: null }], format: 'dict', fixture: null },
    },
  })
})

it.each([
  ["{ input: ref('bb'), rows: [] }", "There is no model, seed or snapshot 'bb' → Did you mean 'b'?"],
  [`{ input: "source('raw', 'tt')", rows: [] }`, "There is no source 'raw.tt' → Did you mean 'raw.t'?"],
  [
    "{ input: ref('c'), rows: [] }",
    "The unit test 'works' has the input ref('c'), but a does not read it → a reads ref('e'), source('raw', 't'), ref('b').",
  ],
  ['{ input: b, rows: [] }', "Unknown input 'b' → Write ref('…'), source('…', '…') or this."],
  ["{ input: ref('b'), rows: 7 }", 'rows must be a list of mappings, not 7 → Or set format: csv.'],
  ["{ input: ref('b'), rows: [7] }", 'A row must be a mapping of columns to values, not 7'],
  ["{ input: ref('b'), rows: [], format: cvs }", "Unknown format 'cvs': expected one of dict, csv, sql"],
  ["{ input: ref('b'), rows: [], format: csv }", 'rows in the format csv must be text, not a list → Begin them with `rows: |`.'],
  ["{ input: ref('b'), fixture: row }", "There is no fixture 'row' → Did you mean 'rows'?"],
  ["{ input: ref('b'), fixture: rows, rows: [] }", 'Both rows and a fixture are given → Keep one of them.'],
  ["{ input: ref('b'), fixture: rows.csv, format: sql }", 'The format is sql, but the fixture is tests/fixtures/rows.csv'],
  ['{ rows: [] }', "An input of the unit test 'works' has no 'input' → Add input: ref('…')."],
])('refuses %s', async (input, mistake) => {
  const [found, ...others] = await mistakesOf(given(input))
  expect(others).toEqual([])
  expect(found).toMatch(/^models\/_u\.yml:5:\d+: /)
  expect(found!.replace(/^\S+ /, '')).toBe(mistake)
})

it('takes the rows of a seed from its file where an input has none, as dbt does', async () => {
  const project = await projectOf({
    'models/a.sql': "select * from {{ ref('rates') }}",
    'seeds/rates.csv': 'Code,rate\nEUR,1.0\nUSD,\n',
    'models/_u.yml': "unit_tests: [{ name: works, model: a, given: [{ input: ref('rates') }], expect: { rows: [] } }]",
  })
  const { rows } = project.unitTests.get('unit_test.desk.a.works')!.given[0]!
  expect(rows.rows.map(row => Object.fromEntries([...row].map(([name, { value }]) => [name, value])))).toEqual([
    { Code: 'EUR', rate: '1' },
    { Code: 'USD', rate: null },
  ])
})

it('refuses two fixtures of one name', async () => {
  const twice = {
    ...given("{ input: ref('b'), fixture: one }"),
    'tests/fixtures/x/one.csv': 'id\n1\n',
    'tests/fixtures/y/one.csv': 'id\n2\n',
  }
  expect(await mistakesOf(twice)).toEqual([
    "models/_u.yml:5:37: Two fixtures are called 'one': tests/fixtures/x/one.csv and tests/fixtures/y/one.csv → Rename one of them.",
  ])
})

it('refuses an input given twice, and the override of a macro that is not there', async () => {
  expect(
    await mistakesOf(
      files("    given: [{ input: ref('b') }, { input: \"ref('b')\" }]\n    expect: { rows: [] }\n    overrides: { macros: { pik: 1 } }\n"),
    ),
  ).toEqual([
    "models/_u.yml:4:43: The unit test 'works' has the input ref('b') twice, first at models/_u.yml:4",
    "models/_u.yml:6:28: There is no macro 'pik' to override → Did you mean 'pick'?",
  ])
})

it('writes values as literals', () => {
  expect(typedLiteral("it's", 'text')).toBe("'it''s'::text")
  expect(typedLiteral(null, 'bigint')).toBe('null::bigint')
  expect(typedLiteral({ a: [1, "'"] }, 'jsonb')).toBe(`'{"a":[1,"''"]}'::jsonb`)
  expect(typedLiteral(['a', null], 'text[]')).toBe("array['a'::text, null::text]::text[]")
  expect(typedLiteral([[1], [2]], 'integer[]')).toBe("array[array['1'::integer]::integer[], array['2'::integer]::integer[]]::integer[]")
})
