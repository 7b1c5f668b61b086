import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
})
afterAll(() => database.drop())
beforeEach(async () => {
  project = await fixture()
  await database.sql.unsafe('drop schema public cascade; create schema public')
})
afterEach(() => project.remove())

const run = (options = {}) => buildFixture(database.sql, project.dir, options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))
const columns = `
      - {name: id, data_type: integer, constraints: [{type: not_null}, {type: primary_key}]}
      - {name: amount, data_type: "numeric(10,2)", constraints: [{type: check, expression: amount > 0}]}`
const contract = (rest = '', list = columns, config = 'materialized: table') => ({
  'models/_models.yml': `models:\n  - name: orders\n    config: {${config}, contract: {enforced: true}}\n    columns:${list}\n${rest}`,
})
const definitions = (table: string) =>
  rows(
    `select contype::text as type, pg_get_constraintdef(oid) as text from pg_constraint where conrelid = '${table}'::regclass and contype != 'n' order by 1, 2`,
  )

describe('contracts', () => {
  it('a table gets exactly the columns and types of its contract, in its order', async () => {
    await project.write({ ...contract(), 'models/orders.sql': 'select 1.5 as amount, 7 as id' })
    expect((await run()).status).toBe('published')
    expect(
      await rows(
        "select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required from pg_attribute where attrelid = 'orders'::regclass and attnum > 0",
      ),
    ).toEqual([
      { name: 'id', type: 'integer', required: true },
      { name: 'amount', type: 'numeric(10,2)', required: false },
    ])
    expect(await rows('select * from orders')).toEqual([{ id: 7, amount: '1.50' }])
    expect((await run()).by.orders?.message).toBe('UNCHANGED')
  })

  it('another name or type is an error before anything runs, with both sides', async () => {
    await project.write({ ...contract(), 'models/orders.sql': "select 'x' as id, 1.5 as amont" })
    const { status, by } = await run()
    expect(status).toBe('failed')
    expect(by.orders?.message.split('\n').slice(1)).toEqual([
      '  column  in the query  in the contract  what is wrong',
      '  id      text          integer          data type mismatch',
      '  amont   numeric                        missing in contract',
      '  amount                numeric          missing in definition',
    ])
  })

  it('a mistake in the SQL is shown where it stands', async () => {
    await project.write({ ...contract(), 'models/orders.sql': 'select 1.5 as amount,\n  ident as id' })
    const { by, printed } = await run()
    expect(by.orders?.message).toContain('column "ident" does not exist')
    expect(printed).toContain('models/orders.sql:2:3')
  })

  it('holds for views, which get no constraints, and for incremental models', async () => {
    await project.write({ ...contract('', columns, 'materialized: view'), 'models/orders.sql': 'select 7 as id' })
    expect((await run()).by.orders?.message).toContain('missing in definition')
    const config = 'materialized: incremental, unique_key: id, on_schema_change: fail'
    await project.write({ ...contract('', columns, config), 'models/orders.sql': 'select 7 as id, 1.5 as amount' })
    await run()
    await project.write({ 'models/orders.sql': 'select 7 as id, 2.5 as amount union all select 8, 3' })
    expect((await run()).status).toBe('published')
    expect(await rows('select * from orders order by id')).toEqual([
      { id: 7, amount: '2.50' },
      { id: 8, amount: '3.00' },
    ])
  })

  it('says at once what a contract lacks', async () => {
    await project.write({ ...contract('', '\n      - {name: id}', 'materialized: incremental'), 'models/orders.sql': 'select 1 as id' })
    await expect(run()).rejects.toThrow(/no data_type for id[\s\S]*on_schema_change is ignore/)
  })
})

describe('constraints', () => {
  it('PostgreSQL enforces all of them; one that is wanted no longer goes', async () => {
    const more = '    constraints: [{type: unique, columns: [id, amount]}, {type: check, name: small, expression: amount < 100}]\n'
    await project.write({ ...contract(more), 'models/orders.sql': 'select 7 as id, 1.5 as amount' })
    await run()
    expect((await definitions('orders')).map(({ text }) => text)).toEqual(
      ['CHECK ((amount > (0)::numeric))', 'CHECK ((amount < (100)::numeric))', 'PRIMARY KEY (id)', 'UNIQUE (id, amount)'].sort(),
    )
    await project.write({ 'models/orders.sql': 'select 7 as id, 500.0 as amount' })
    expect((await run()).by.orders?.message).toContain('violates check constraint "small"')
    await project.write({ ...contract(), 'models/orders.sql': 'select 7 as id, 500.0 as amount' })
    expect((await run()).status).toBe('published')
    expect((await definitions('orders')).map(({ type }) => type)).toEqual(['c', 'p'])
  })

  it('a foreign key makes a dependency, is checked at the end of the build, and survives a new parent', async () => {
    const lines = `  - name: lines
    config: {materialized: table, contract: {enforced: true}}
    columns:
      - {name: order_id, data_type: integer, constraints: [{type: foreign_key, to: ref('orders'), to_columns: [id]}]}\n`
    await project.write({
      ...contract(lines),
      'models/orders.sql': 'select 7 as id, 1.5 as amount',
      'models/lines.sql': 'select 7 as order_id',
    })
    const { project: parsed } = await run()
    expect(parsed.parentMap.get('model.shop.lines')).toEqual(['model.shop.orders'])
    const list = `${columns}\n      - {name: note, data_type: text}`
    await project.write({ ...contract(lines, list), 'models/orders.sql': "select 7 as id, 1.5 as amount, 'x' as note" })
    expect((await run({ select: ['orders'] })).status).toBe('published')
    expect(await definitions('lines')).toEqual([
      { type: 'f', text: expect.stringContaining('FOREIGN KEY (order_id) REFERENCES orders(id)') },
    ])
    await project.write({ 'models/lines.sql': 'select 8 as order_id' })
    const broken = await run()
    expect(broken.status).toBe('failed')
    expect(broken.printed).toContain('is violated')
    expect(await rows('select * from lines')).toEqual([{ order_id: 7 }])
  })

  it('refuses what it does not do', async () => {
    await project.write({
      ...contract('    constraints: [{type: custom, expression: x}]\n'),
      'models/orders.sql': 'select 1 as id, 1.0 as amount',
    })
    await expect(run()).rejects.toThrow('custom, which is not supported')
  })
})
