import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { lsCommand } from '../../run/commands/project.ts'
import { artifact, hasSchemas, perform, schemaProblems } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

// A typical dbt project with invented data: no feed, no migrations, with a profiles.yml.
const files = {
  'dbt_project.yml': `name: 'bakery'
config-version: 2
version: '0.1'
profile: 'bakery'
model-paths: ["models"]
seed-paths: ["seeds"]
test-paths: ["tests"]
analysis-paths: ["analysis"]
macro-paths: ["macros"]
target-path: "target"
clean-targets: ["target", "dbt_modules", "logs"]
require-dbt-version: [">=1.0.0", "<2.0.0"]
models:
  bakery:
    materialized: table
    staging:
      materialized: view
`,
  'profiles.yml': `bakery:
  target: dev
  outputs:
    dev: {type: postgres, host: localhost, user: nobody, password: "{{ env_var('BAKERY_PASSWORD') }}", port: 5432, dbname: bakery, schema: ada, threads: 4}
    prod: {type: postgres, host: localhost, user: nobody, password: x, port: 5432, dbname: bakery, schema: analytics}
`,
  'seeds/raw_guests.csv': 'id,first_name,last_name\n1,Ada,L.\n2,Boris,\n3,Chiara,M.\n',
  'seeds/raw_visits.csv': 'id,guest_id,visited_on,status\n1,1,2026-01-01,paid\n2,1,2026-01-04,open\n3,3,2026-01-02,paid\n',
  'seeds/raw_payments.csv': 'id,visit_id,method,cents\n1,1,cash,450\n2,1,card,1000\n3,3,card,275\n4,2,voucher,0\n',
  'models/staging/stg_guests.sql': `with source as (

    {#- Usually a table of a source. #}
    select * from {{ ref('raw_guests') }}

),

renamed as (

    select
        id as guest_id,
        first_name,
        last_name
    from source

)

select * from renamed
`,
  'models/staging/stg_visits.sql': "select id as visit_id, guest_id, visited_on, status from {{ ref('raw_visits') }}",
  'models/staging/stg_payments.sql': "select id as payment_id, visit_id, method, cents / 100.0 as amount from {{ ref('raw_payments') }}",
  'models/visits.sql': `{% set methods = ['cash', 'card', 'voucher'] %}

with visits as (select * from {{ ref('stg_visits') }}),

payments as (select * from {{ ref('stg_payments') }}),

per_visit as (

    select
        visit_id,

        {% for method in methods -%}
        sum(case when method = '{{ method }}' then amount else 0 end) as {{ method }}_amount,
        {% endfor -%}

        sum(amount) as total_amount
    from payments
    group by visit_id

)

select
    visits.*,
    {% for method in methods -%}
    per_visit.{{ method }}_amount,
    {% endfor -%}
    per_visit.total_amount as amount
from visits
left join per_visit on visits.visit_id = per_visit.visit_id
`,
  'models/guests.sql': `select
    guests.guest_id,
    guests.first_name,
    min(visits.visited_on) as first_visit,
    count(visits.visit_id) as number_of_visits,
    sum(visits.amount) as total
from {{ ref('stg_guests') }} as guests
left join {{ ref('visits') }} as visits on guests.guest_id = visits.guest_id
group by guests.guest_id, guests.first_name
`,
  'models/docs.md': '{% docs status %}\n\nHow far a visit is.\n\n{% enddocs %}\n',
  'models/schema.yml': `version: 2

models:
  - name: guests
    description: One row per guest
    columns:
      - name: guest_id
        tests: [unique, not_null]
  - name: visits
    columns:
      - name: visit_id
        tests:
          - unique
          - not_null
      - name: guest_id
        tests:
          - relationships:
              to: ref('guests')
              field: guest_id
      - name: status
        description: '{{ doc("status") }}'
        tests:
          - accepted_values:
              values: ['open', 'paid']
`,
  'models/staging/schema.yml': `version: 2

models:
  - name: stg_payments
    columns:
      - name: method
        data_tests:
          - accepted_values: {arguments: {values: [cash, card, voucher]}}
`,
}

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture(files)
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})

const on = (run: Parameters<typeof perform>[0], options: object = {}) =>
  perform(run, { url: database.url, dir: project.dir, name: 'build', options })
const build = (options: object = {}) =>
  on(command => buildCommand(command, { types: ['model', 'seed', 'snapshot', 'test'], loads: true }), options)
const rows = (query: string) => database.sql.unsafe(query).then(result => [...result].map(row => ({ ...row })))

describe('a plain dbt project', () => {
  it('builds unchanged, into the schema of its profile', async () => {
    const { code, stdout, stderr } = await build()
    expect([code, stdout]).toEqual([0, expect.stringContaining('Done. PASS=15 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=15')])
    expect(stderr).toMatch(/OK created sql table model ada\.visits/)
    expect(
      await rows("select table_name as name, table_type as type from information_schema.tables where table_schema = 'ada' order by 1"),
    ).toEqual([
      { name: 'guests', type: 'BASE TABLE' },
      { name: 'raw_guests', type: 'BASE TABLE' },
      { name: 'raw_payments', type: 'BASE TABLE' },
      { name: 'raw_visits', type: 'BASE TABLE' },
      { name: 'stg_guests', type: 'VIEW' },
      { name: 'stg_payments', type: 'VIEW' },
      { name: 'stg_visits', type: 'VIEW' },
      { name: 'visits', type: 'BASE TABLE' },
    ])
    expect(
      await rows('select guest_id, first_visit, number_of_visits::int as visits, total::float8 as total from ada.guests order by 1'),
    ).toEqual([
      { guest_id: 1, first_visit: '2026-01-01', visits: 2, total: 14.5 },
      { guest_id: 2, first_visit: null, visits: 0, total: null },
      { guest_id: 3, first_visit: '2026-01-02', visits: 1, total: 2.75 },
    ])
  })

  it.skipIf(!hasSchemas)("writes artifacts that are valid by dbt's schemas", () => {
    expect(schemaProblems('manifest-v12.json', artifact(project.dir, 'manifest.json'))).toEqual([])
    expect(schemaProblems('run-results-v6.json', artifact(project.dir, 'run_results.json'))).toEqual([])
  })

  it('writes artifacts with the names that dbt gives', () => {
    const manifest = artifact<{
      nodes: Record<string, { depends_on?: { nodes: string[] }; fqn: string[]; checksum?: { checksum: string } }>
    }>(project.dir, 'manifest.json')
    expect(manifest.nodes['model.bakery.visits']?.depends_on?.nodes).toEqual(['model.bakery.stg_visits', 'model.bakery.stg_payments'])
    // sha256 of the file without blanks at both ends, as in dbt.
    const hash = (text: string) => createHash('sha256').update(text.trim()).digest('hex')
    expect(manifest.nodes['model.bakery.visits']?.checksum?.checksum).toBe(hash(files['models/visits.sql']))
    expect(manifest.nodes['seed.bakery.raw_guests']?.checksum?.checksum).toBe(hash(files['seeds/raw_guests.csv']))
    expect(manifest.nodes['model.bakery.stg_guests']?.fqn).toEqual(['bakery', 'staging', 'stg_guests'])
    expect(
      Object.keys(manifest.nodes)
        .filter(id => id.startsWith('test.'))
        .map(id => id.split('.')[2])
        .sort(),
    ).toEqual([
      'accepted_values_stg_payments_method__cash__card__voucher',
      'accepted_values_visits_status__open__paid',
      'not_null_guests_guest_id',
      'not_null_visits_visit_id',
      'relationships_visits_guest_id__guest_id__ref_guests_',
      'unique_guests_guest_id',
      'unique_visits_visit_id',
    ])
  })

  it('--target takes another target of the profile, DBT_SCHEMA another schema', async () => {
    expect((await build({ target: 'prod', select: ['raw_guests', 'stg_guests'] })).code).toBe(0)
    expect(await rows('select count(*)::int as n from analytics.stg_guests')).toEqual([{ n: 3 }])
    process.env.DBT_SCHEMA = 'elsewhere'
    const moved = await build({ select: ['raw_guests'] }).finally(() => delete process.env.DBT_SCHEMA)
    expect([moved.code, await rows('select count(*)::int as n from elsewhere.raw_guests')]).toEqual([0, [{ n: 3 }]])
    expect(await build({ target: 'prd' })).toMatchObject({ code: 2, stderr: expect.stringContaining("has no target 'prd'") })
  })

  it('--indirect-selection decides which tests follow', async () => {
    const tests = async (mode: string) =>
      (await on(lsCommand, { select: ['visits'], resourceType: ['test'], output: 'name', indirectSelection: mode })).stdout
        .trim()
        .split('\n')
    expect(await tests('eager')).toContain('relationships_visits_guest_id__guest_id__ref_guests_')
    expect(await tests('cautious')).not.toContain('relationships_visits_guest_id__guest_id__ref_guests_')
    expect(await tests('cautious')).toContain('unique_visits_visit_id')
    expect(await tests('empty')).toEqual([''])
  })

  it('a failing test leaves what there was', async () => {
    await project.write({ 'seeds/raw_visits.csv': 'id,guest_id,visited_on,status\n1,9,2026-01-01,gone\n' })
    const { code, stdout } = await build()
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining('Failure in test accepted_values_visits_status__open__paid (models/schema.yml'),
    ])
    expect(await rows('select count(*)::int as n from ada.raw_visits')).toEqual([{ n: 3 }])
  })
})
