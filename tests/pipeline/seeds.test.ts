import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture({
    'seeds/times.csv':
      'zoned,naive,mixed\n2024-01-05T10:00:00+02:00,2024-01-05T10:00:00,2024-01-05T10:00:00+05:30\n2024-07-05T10:00:00Z,2024-07-05T10:00:00.5,2024-07-05T10:00:00\n',
    'seeds/numbers.csv': 'whole,power,money,part,word\n1.0,1e3,"$1,000",1.50,1.0\n3.0,2,-7%,2,x\n',
    'seeds/large.csv': 'eight,more\n9007199254740993,123456789012345678901234567890\n',
  })
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

// The first two as dbt 1.11 loads and PostgreSQL prints them; dbt fails on the third.
it.each([
  [
    'times',
    ['2024-01-05 08:00:00,2024-01-05 10:00:00,2024-01-05 04:30:00', '2024-07-05 10:00:00,2024-07-05 10:00:00.5,2024-07-05 10:00:00'],
    'timestamp without time zone, timestamp without time zone, timestamp without time zone',
  ],
  ['numbers', ['1,1000,1000,1.5,1.0', '3,2,-7,2,x'], 'integer, integer, integer, double precision, text'],
  ['large', ['9007199254740993,123456789012345678901234567890'], 'bigint, numeric'],
])('%s', async (seed, lines, types) => {
  expect((await buildFixture(database.sql, project.dir, { select: [seed] })).status).toBe('published')
  const rows = await database.sql.unsafe(`select ${seed}::text as line from ${seed}`)
  expect(rows.map(({ line }) => String(line).replace(/^\(|\)$|"/g, '')).sort()).toEqual(lines)
  const columns = await database.sql`select data_type from information_schema.columns where table_name = ${seed} order by ordinal_position`
  expect(columns.map(({ data_type }) => data_type).join(', ')).toBe(types)
})
