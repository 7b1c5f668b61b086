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
  project = await fixture({
    'models/_sources.yml': `sources:
  - name: raw
    tables:
      - name: orders
        columns:
          - { name: id, data_type: bigint }
          - { name: cents, data_type: integer }
          - { name: body, data_type: jsonb }
          - { name: at, data_type: timestamptz }
`,
    'macros/dollars.sql': '{% macro dollars(cents) %}({{ cents }} / 100.0){% endmacro %}',
    'seeds/names.csv': 'key,name\nann,Ann\n',
    'models/orders.sql': "select id, {{ dollars('cents') }} as amount, body ->> 'who' as who, body, at from {{ source('raw', 'orders') }}",
    'models/named.sql':
      "{{ config(materialized='ephemeral') }}\nselect orders.*, names.name from {{ ref('orders') }} as orders left join {{ ref('names') }} as names on names.key = who",
    'models/totals.sql': "select name, sum(amount) as total, count(*) as n from {{ ref('named') }} group by name",
  })
  await database.sql.unsafe('drop schema public cascade; create schema public')
})
afterEach(() => project.remove())

const run = (options: Parameters<typeof buildFixture>[2] = {}) => buildFixture(database.sql, project.dir, options)

/** Runs the unit tests of the YAML without any relation. */
const verdicts = async (yaml: string, options: Parameters<typeof buildFixture>[2] = {}) => {
  await project.write({ 'models/_unit.yml': `unit_tests:\n${yaml}` })
  const { results, printed } = await run({ select: ['test_type:unit'], ...options })
  return { by: Object.fromEntries(results.map(({ node, status }) => [node.name, status])), results, printed }
}

/** The status and message of one unit test of a model. */
const verdict = async (model: string, rest: string) => {
  const { results, printed } = await verdicts(`  - name: t\n    model: ${model}\n${rest}`)
  const [{ status, message } = { status: 'none', message: '' }] = results
  return { status, message, printed }
}

describe('a unit test', () => {
  it('needs no relation, fills what rows leave out with NULL, and knows jsonb', async () => {
    expect(
      await verdict(
        'orders',
        `    given:
      - input: "{{ source('raw', 'orders') }}"
        rows:
          - { id: 1, cents: 150, body: { who: ann, tags: [a, "it's"] }, at: "2026-01-05T12:00:00+02:00" }
          - { id: 2, body: '{"who": "bo"}' }
    expect:
      rows:
        - { id: 2, amount: null, who: bo, at: null }
        - { id: 1, amount: 1.50, body: { tags: [a, "it's"], who: ann }, at: 2026-01-05 10:00+00, who: ann }
`.replace('{ id: 2, amount', '{ id: 2, body: { who: bo }, amount'),
      ),
    ).toMatchObject({ status: 'pass', message: '' })
    expect(await database.sql`select relname from pg_class where relnamespace = 'public'::regnamespace`).toHaveLength(0)
  })

  it('compares only the listed columns, in any order, and counts repeated rows', async () => {
    const given =
      "    given: [{ input: ref('names'), rows: [] }, { input: ref('orders'), rows: [{ amount: 1 }, { amount: 2 }, { amount: 2 }] }]\n"
    expect((await verdict('totals', `${given}    expect: { rows: [{ n: 3 }] }\n`)).status).toBe('pass')
    await project.write({ 'models/plain.sql': "select amount, id from {{ ref('orders') }}" })
    const plain = given.replace("{ input: ref('names'), rows: [] }, ", '')
    // The same column in any case, as in dbt.
    expect((await verdict('plain', `${plain}    expect: { rows: [{ AMOUNT: 2 }, { amount: 1 }, { Amount: 2.0 }] }\n`)).status).toBe('pass')
    expect((await verdict('plain', `${plain}    expect: { rows: [{ amount: 2 }, { amount: 1 }, { amount: 1 }] }\n`)).status).toBe('fail')
    expect((await verdict('plain', `${plain}    expect: { rows: [] }\n`)).message).toContain('+++ | 1      | null')
  })

  it('shows on red which cells differ, which rows are missing and which nobody expected', async () => {
    const { status, message, printed } = await verdict(
      'totals',
      `    given:
      - { input: ref('orders'), rows: [{ who: ann, amount: 1 }, { who: ann, amount: 2.5 }, { who: bo, amount: 7 }, { who: cy, amount: 0 }] }
      - { input: ref('names'), rows: [{ key: ann, name: Ann }, { key: bo, name: Bo }, { key: cy, name: Cy }] }
    expect:
      rows:
        - { name: Ann, total: 3, n: 2 }
        - { name: Bo, total: 7, n: 1 }
        - { name: Di, total: 5, n: 5 }
`,
    )
    expect(status).toBe('fail')
    expect(message).toBe(`actual differs from expected:

@@  | name | total | n
→   | Ann  | 3→3.5 | 2
--- | Di   | 5     | 5
+++ | Cy   | 0     | 1
1 row is as expected
`)
    expect(printed).toContain('FAIL 1 totals::t')
  })

  it('takes rows as CSV and SQL, from the YAML or from tests/fixtures', async () => {
    await project.write({
      'tests/fixtures/orders.csv': 'id,amount,who\n1,1.5,ann\n2,,ann\n',
      'tests/fixtures/deeper/expected.sql': "select 'Ann' as name, {{ dollars(150) }} as total",
    })
    expect(
      (
        await verdict(
          'totals',
          `    given:
      - { input: ref('orders'), format: csv, fixture: orders }
      - input: ref('names')
        format: sql
        rows: |
          select 'ann' as key, 'Ann' as name
    expect: { format: sql, fixture: expected }
`,
        )
      ).message,
    ).toBe('')
    expect(
      await verdict(
        'totals',
        `    given:
      - input: ref('orders')
        format: csv
        rows: |
          id,amount,who
          1,1.5,ann
      - { input: ref('names'), rows: [] }
    expect:
      format: csv
      rows: |
        name,total,n
        ,1.5,1
`,
      ),
    ).toMatchObject({ status: 'pass' })
  })

  it('overrides macros, variables and the environment', async () => {
    await project.write({
      'models/told.sql':
        "select '{{ var('who') }}' as who, '{{ env_var('SHOP', 'none') }}' as shop, {{ dollars(1) }} as n, '{{ run_started_at }}' as at, {{ last_built() }} as built",
    })
    expect(
      await verdict(
        'told',
        `    overrides:
      vars: { who: ann }
      env_vars: { SHOP: corner }
      macros: { dollars: 7, run_started_at: now, last_built: 9 }
    expect: { rows: [{ who: ann, shop: corner, n: 7, at: now, built: 9 }] }
`,
      ),
    ).toMatchObject({ status: 'pass' })
  })

  it('takes an incremental model as it is built first, or over rows of `this`', async () => {
    await project.write({
      'models/grown.sql':
        "{{ config(materialized='incremental') }}\nselect id from {{ ref('orders') }}\n{% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}",
    })
    const given = "      - { input: ref('orders'), rows: [{ id: 1 }, { id: 2 }] }\n"
    expect((await verdict('grown', `    given:\n${given}    expect: { rows: [{ id: 1 }, { id: 2 }] }\n`)).status).toBe('pass')
    const incremental = `    overrides: { macros: { is_incremental: true } }\n    given:\n${given}`
    expect(
      (await verdict('grown', `${incremental}      - { input: this, rows: [{ id: 1 }] }\n    expect: { rows: [{ id: 2 }] }\n`)).status,
    ).toBe('pass')
    expect((await verdict('grown', `${incremental}    expect: { rows: [{ id: 2 }] }\n`)).printed).toContain(
      "models/_unit.yml:2:11: grown reads this, but the unit test 't' has no rows for it",
    )
  })

  it('lets templates ask for columns and rows of the inputs', async () => {
    await project.write({
      'models/pivot.sql': `{% set kinds = run_query("select distinct who from " ~ ref('orders') ~ " order by 1").columns[0].values() -%}
select {% for kind in kinds %}count(*) filter (where who = '{{ kind }}') as {{ kind }}, {% endfor %}
{{ adapter.get_columns_in_relation(ref('orders')) | map(attribute='name') | list | length }} as columns
from {{ ref('orders') }}`,
    })
    expect(
      await verdict(
        'pivot',
        "    given: [{ input: ref('orders'), rows: [{ who: ann }, { who: bo }, { who: ann }] }]\n    expect: { rows: [{ ann: 2, bo: 1, columns: 5 }] }\n",
      ),
    ).toMatchObject({ message: '', status: 'pass' })
  })

  it('knows the columns of a snapshot', async () => {
    await project.write({
      'snapshots/kept.sql': `{% snapshot kept %}{{ config(unique_key='id', strategy='timestamp', updated_at='at') }}
select id, at from {{ ref('orders') }}{% endsnapshot %}`,
      'models/held.sql': "select id, dbt_valid_to - dbt_valid_from as held from {{ ref('kept') }} where dbt_valid_to is not null",
    })
    expect(
      await verdict(
        'held',
        `    given:
      - input: ref('kept')
        rows: [{ id: 1, dbt_valid_from: 2026-01-05, dbt_valid_to: 2026-01-07 }, { id: 1, dbt_valid_from: 2026-01-07 }]
    expect: { rows: [{ id: 1, held: 2 days }] }
`,
      ),
    ).toMatchObject({ message: '', status: 'pass' })
  })

  it('guesses the types of a source that nothing describes', async () => {
    await project.write({
      'models/_more.yml': 'sources: [{ name: web, tables: [{ name: hits }] }]',
      'models/hits.sql': "select url, n * 2 as n, data -> 'a' as a, is_new from {{ source('web', 'hits') }}",
    })
    expect(
      await verdict(
        'hits',
        `    given:
      - input: source('web', 'hits')
        rows: [{ url: /, n: 1.5, data: { a: [1] }, is_new: true }]
    expect: { rows: [{ url: /, n: 3, a: [1], is_new: true }] }
`,
      ),
    ).toMatchObject({ status: 'pass' })
  })
})

describe('mistakes', () => {
  const mistake = async (rest: string) => {
    const { printed, status } = await verdict('totals', rest)
    expect(status).toBe('error')
    return printed.slice(printed.indexOf('models/'))
  }
  const names = "      - { input: ref('names'), rows: [] }\n"

  it('name the input that is missing, and where the model reads it', async () => {
    const text = await mistake(`    given:\n${names}    expect: { rows: [] }\n`)
    expect(text).toContain("models/_unit.yml:2:11: totals reads ref('orders'), but the unit test 't' has no rows for it")
    expect(text).toContain("It is read at models/named.sql:2:37. Add - input: ref('orders') with its rows, or with rows: [].")
  })

  it('name the column that is unknown, of an input and of the model', async () => {
    expect(
      await mistake(`    given:\n${names}      - { input: ref('orders'), rows: [{ amuont: 1 }] }\n    expect: { rows: [] }\n`),
    ).toContain("models/_unit.yml:6:50: ref('orders') has no column 'amuont'\n")
    expect(
      await mistake(`    given:\n${names}      - { input: ref('orders'), rows: [] }\n    expect: { rows: [{ totl: 1 }] }\n`),
    ).toContain("models/_unit.yml:7:30: The model 'totals' has no column 'totl'\n")
  })

  it('show the value that its column does not take, and the place of an error of the model', async () => {
    const text = await mistake(`    given:\n${names}      - { input: ref('orders'), rows: [{ amount: much }] }\n    expect: { rows: [] }\n`)
    expect(text).toContain('models/_unit.yml:6:50: invalid input syntax for type numeric: "much"')
    await project.write({ 'models/totals.sql': "select\n    orders.id\nfrom {{ ref('orders') }}" })
    const unnamed = await mistake("    given: [{ input: ref('orders'), rows: [] }]\n    expect: { rows: [] }\n")
    expect(unnamed).toContain('models/totals.sql:2:5')
    expect(unnamed).toContain("give it an alias, {{ ref('…') }} as …")
  })
})
