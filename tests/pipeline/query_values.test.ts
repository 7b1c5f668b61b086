import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileCommand } from '../../run/commands/query.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture()
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

async function compiled(inline: string): Promise<string> {
  const { stdout, stderr } = await perform(compileCommand, { url: database.url, dir: project.dir, options: { inline } })
  return stdout === '' ? stderr : stdout
}

/** An SQL value, and how dbt 1.11 with dbt-postgres prints it from run_query(), alone and inside a list. */
const printed: [sql: string, text: string, inList: string][] = [
  ['1.10::numeric', '1.10', "Decimal('1.10')"],
  ['1::numeric', '1', "Decimal('1')"],
  ['100000000000000000000::numeric', '100000000000000000000', "Decimal('100000000000000000000')"],
  ['1e20::numeric', '100000000000000000000', "Decimal('100000000000000000000')"],
  ['1e20::float8', '1E+20', "Decimal('1E+20')"],
  ['1e15::float8', '1000000000000000.0', "Decimal('1000000000000000.0')"],
  ['1e16::float8', '1E+16', "Decimal('1E+16')"],
  ['0.1::float8', '0.1', "Decimal('0.1')"],
  ['1.0::float8', '1.0', "Decimal('1.0')"],
  ['1.1::float4', '1.1', "Decimal('1.1')"],
  ["'NaN'::numeric", 'NaN', "Decimal('NaN')"],
  ["'NaN'::float8", 'NaN', "Decimal('NaN')"],
  ["'Infinity'::float8", 'Infinity', "Decimal('Infinity')"],
  [
    `'{"a": 1, "b": [1,null,true,"é"]}'::jsonb`,
    '{"a": 1, "b": [1, null, true, "\\u00e9"]}',
    `'{"a": 1, "b": [1, null, true, "\\\\u00e9"]}'`,
  ],
  [`'{"a":  1}'::json`, '{"a": 1}', `'{"a": 1}'`],
  ["'3'::jsonb", '3', '3'],
  [`'"x"'::jsonb`, 'x', "'x'"],
  ["'null'::jsonb", 'None', 'None'],
  ["'[1.10, 2.0, 1e3]'::jsonb", '[1.1, 2.0, 1000]', "'[1.1, 2.0, 1000]'"],
  ["'true'::jsonb", 'True', 'True'],
  ['array[1,2]', '[1, 2]', "'[1, 2]'"],
  [`array['a','b"c']`, '["a", "b\\"c"]', `'["a", "b\\\\"c"]'`],
  ['array[1.10,2]', '[1.1, 2.0]', "'[1.1, 2.0]'"],
  ['array[true,null]', '[true, null]', "'[true, null]'"],
  ["array[date '2024-01-05']", '["2024-01-05"]', `'["2024-01-05"]'`],
  ["array[timestamp '2024-01-05 10:00']", '["2024-01-05T10:00:00"]', `'["2024-01-05T10:00:00"]'`],
  ['array[[1,2],[3,4]]', '[[1, 2], [3, 4]]', "'[[1, 2], [3, 4]]'"],
  ["'{}'::int[]", '[]', "'[]'"],
  ["interval '1 day 02:00:00'", '1 day, 2:00:00', "'1 day, 2:00:00'"],
  ["interval '1 month'", '30 days, 0:00:00', "'30 days, 0:00:00'"],
  ["interval '-1 hour'", '-1 day, 23:00:00', "'-1 day, 23:00:00'"],
  ["interval '36:00:00.5'", '1 day, 12:00:00.500000', "'1 day, 12:00:00.500000'"],
  ["interval '1 year 2 mons 3 days'", '428 days, 0:00:00', "'428 days, 0:00:00'"],
  ["timestamp '2024-01-05 10:00:00'", '2024-01-05 10:00:00', 'datetime.datetime(2024, 1, 5, 10, 0)'],
  ["timestamp '2024-01-05 10:00:00.123456'", '2024-01-05 10:00:00.123456', 'datetime.datetime(2024, 1, 5, 10, 0, 0, 123456)'],
  [
    "timestamptz '2024-01-05 10:00:00+02'",
    '2024-01-05 08:00:00+00:00',
    'datetime.datetime(2024, 1, 5, 8, 0, tzinfo=datetime.timezone.utc)',
  ],
  ["date '2024-01-05'", '2024-01-05', 'datetime.date(2024, 1, 5)'],
  ["time '10:00:00'", '10:00:00', "'10:00:00'"],
  ["timetz '10:00:00+02'", '10:00:00+02:00', "'10:00:00+02:00'"],
  ['true', 'True', 'True'],
  ['null', 'None', 'None'],
  ["'abc'::text", 'abc', "'abc'"],
  ['9223372036854775807', '9223372036854775807', '9223372036854775807'],
  ['1::bigint', '1', '1'],
  ["'x'::char(3)", 'x  ', "'x  '"],
  ["'1.5'::money", '$1.50', "'$1.50'"],
  ["'127.0.0.1'::inet", '127.0.0.1', "'127.0.0.1'"],
  ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
  ['int4range(1,5)', '[1, 5)', "'[1, 5)'"],
  ["row(1,'a')", '(1,a)', "'(1,a)'"],
  ['0.00::numeric', '0.00', "Decimal('0.00')"],
  ['1.50::numeric(10,2)', '1.50', "Decimal('1.50')"],
  ['1e-7::numeric', '1E-7', "Decimal('1E-7')"],
  ['1e-7::float8', '1E-7', "Decimal('1E-7')"],
  ['123456789.123456789::numeric', '123456789.123456789', "Decimal('123456789.123456789')"],
  ['-0.0::float8', '-0.0', "Decimal('-0.0')"],
  ["'<a/>'::xml", '<a/>', "'<a/>'"],
  ['point(1,2)', '(1,2)', "'(1,2)'"],
  [`'b'::"char"`, 'b', "'b'"],
  ["B'101'", '101', "'101'"],
  ['1::oid', '1', '1'],
  ['1::smallint', '1', '1'],
  ["timestamp '0001-01-01 00:00:00'", '0001-01-01 00:00:00', 'datetime.datetime(1, 1, 1, 0, 0)'],
  ["date 'infinity'", '9999-12-31', 'datetime.date(9999, 12, 31)'],
  ["'2020-01-01'::text", '2020-01-01', "'2020-01-01'"],
  ["'null'::text", 'null', "'null'"],
  ["''::text", '', "''"],
  ["'5'::text", '5', "'5'"],
  ["array[interval '1 day']", '["1 day, 0:00:00"]', `'["1 day, 0:00:00"]'`],
  ["array['x'::text,null]", '["x", null]', `'["x", null]'`],
  ['array[1.5::float8,2]', '[1.5, 2.0]', "'[1.5, 2.0]'"],
]

it('run_query() gives values as dbt does', async () => {
  const lines = printed.map(
    ([sql]) => `{% set v = run_query(${JSON.stringify(`select ${sql} as v`)}).columns[0].values()[0] %}{{ v }} || {{ [v] }}`,
  )
  const shown = (await compiled(lines.join('\n{# #}'))).split('\n')
  const expected = printed.map(([, text, inList]) => `${text} || [${inList}]`)
  expect(shown.slice(0, expected.length)).toEqual(expected)
})

const table = `run_query("select * from (values (1, 1.5, 'a', null::int), (2, 2, 'b', null)) as t (a, b, c, d)")`

it.each([
  [`${table}.columns['b'].values()`, "(Decimal('1.5'), Decimal('2'))"],
  [`${table}.rows[0]`, "<agate.Row: (1, Decimal('1.5'), 'a', None)>"],
  [`${table}.rows[0].values()`, "(1, Decimal('1.5'), 'a', None)"],
  [`${table}.rows[0].c`, 'a'],
  [`${table}.columns[3].values()`, '(None, None)'],
  [`${table}.column_names`, "('a', 'b', 'c', 'd')"],
  [`${table}.rename({'b': 'x'}).column_names`, "('a', 'x', 'c', 'd')"],
  [`${table}.rename(['p', 'q', 'r', 's']).column_names`, "('p', 'q', 'r', 's')"],
  [`${table}.select(['c', 'a']).rows[0].values()`, "('a', 1)"],
  [
    "run_query(\"select * from (values ('x', 1), ('y', 2), ('x', 3)) as t (k, n)\").group_by('k').items() | map('last') | map(attribute='columns') | map('first') | map('list') | list",
    "[['x', 'x'], ['y']]",
  ],
  [`${table}.column_types[1].jsonify(${table}.rows[1].b)`, '2.0'],
  ['run_query("select 1 as a, 2 as a").column_names', "('a', 'a_2')"],
  [`run_query("select * from (values ('1'::jsonb), ('\\"x\\"'), (null)) as t (a)").columns[0].values()`, "('1', 'x', None)"],
  ['run_query("select * from (values (1.10), (2)) as t (a)").columns[0].values() | sum', '3.10'],
  ['run_query("select 3::numeric").columns[0].values()[0] + 1', '4'],
  ['run_query("select 1::bigint").columns[0].values()[0] / 2', '0.5'],
  ["run_query(\"select date '2024-01-05'\").columns[0].values()[0].strftime('%d.%m.')", '05.01.'],
])('%s is %s', async (expression, text) => expect(await compiled(`{{ ${expression} }}`)).toBe(`${text}\n`))
