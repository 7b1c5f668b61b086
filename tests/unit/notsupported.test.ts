import { expect, it } from 'vitest'
import { mistakesOf, toldOf } from './fixture.ts'

const model = (sql: string) => ({ 'models/a.sql': sql })
const yaml = (text: string) => ({ 'models/a.sql': 'select 1 as id', 'models/_m.yml': text })
const settings = (text: string) => ({ 'models/a.sql': 'select 1 as id', 'dbt_project.yml': `name: desk\n${text}` })

// Features of dbt that this runner lacks: reported once, with file and line and the alternative. No feature is half implemented.
it.each<[string, Record<string, string>, string]>([
  [
    'a config of BigQuery',
    model("select 1\n{{ config(cluster_by=['a']) }}"),
    "models/a.sql:2:4: not supported: the config 'cluster_by'. It is ignored → Use `indexes` instead.",
  ],
  [
    'a config of Redshift',
    yaml('models:\n  - name: a\n    config: {dist: even}\n'),
    "models/_m.yml:3:14: not supported: the config 'dist'. It is ignored → Use `indexes` instead.",
  ],
  [
    'a config of Snowflake',
    settings('models:\n  +snowflake_warehouse: big\n'),
    "dbt_project.yml:3:3: not supported: the config 'snowflake_warehouse'. It is ignored → Remove it: PostgreSQL has no warehouses.",
  ],
  ['a config of Databricks', model("{{ config(file_format='delta') }} select 1"), "not supported: the config 'file_format'"],
  [
    'microbatch',
    model("{{ config(materialized='incremental', incremental_strategy='microbatch') }} select 1"),
    "not supported: incremental_strategy 'microbatch' → Use 'delete+insert' or 'mirror'",
  ],
  [
    'materialized views',
    model("{{ config(materialized='materialized_view') }} select 1"),
    "not supported: the materialization 'materialized_view' of a → Use table instead",
  ],
  [
    'sql_header',
    model("{{ config(sql_header='set x to 1') }} select 1"),
    "models/a.sql:1:4: not supported: the config 'sql_header' → Use a pre_hook",
  ],
  ['query-comment', settings('query-comment: x\n'), "dbt_project.yml:2:1: not supported: 'query-comment' of dbt_project.yml"],
  [
    'failures as a view',
    { ...settings('data_tests:\n  +store_failures_as: view\n'), 'tests/t.sql': 'select 1' },
    "dbt_project.yml:3:3: not supported: store_failures_as 'view' → Use 'table'",
  ],
  ['functions', { 'functions/f.sql': 'select 1' }, 'functions/f.sql:1: not supported: functions → Use a migration'],
  [
    'another version of dbt',
    settings("require-dbt-version: ['>=1.0.0', '<1.9.0']\n"),
    'dbt_project.yml:2:22: The project requires dbt <1.9.0, and this runner behaves like dbt 1.12.3',
  ],
  [
    'own materializations',
    { 'macros/m.sql': '{% materialization upsert, default %}{% endmaterialization %}' },
    "macros/m.sql:1:1: not supported: own materializations, as 'upsert'",
  ],
  [
    'a snapshot among macros',
    { 'macros/m.sql': '{% snapshot s %}select 1{% endsnapshot %}' },
    "macros/m.sql:1:1: not supported: a snapshot among macros, as 's' → Move it to snapshots/.",
  ],
  [
    'Python models',
    { 'models/m.py': 'def model(dbt, session): pass' },
    'models/m.py:1: not supported: Python models → Use a SQL model instead.',
  ],
  [
    'macros of packages',
    model('select {{ dbt_utils.generate_surrogate_key(["a"]) }}'),
    "models/a.sql:1:11: 'dbt_utils.generate_surrogate_key' does not exist: the package 'dbt_utils' is not installed → Add it to packages.yml and run: npx tsx run.ts deps",
  ],
  [
    'tests of packages',
    yaml('models:\n  - name: a\n    columns:\n      - name: id\n        tests: [dbt_utils.at_least_one]\n'),
    "models/_m.yml:5:17: There is no generic test 'dbt_utils.at_least_one' → There is no package 'dbt_utils': add it to packages.yml",
  ],
  ['metrics', model("select {{ metric('a') }}"), 'models/a.sql:1:11: not supported: metric() → Use a model'],
  [
    'headers of statements',
    model('{% call set_sql_header(config) %}set x = 1;{% endcall %}select 1'),
    'models/a.sql:1:9: not supported: set_sql_header() → Use a pre_hook instead: it runs in the same session.',
  ],
  ['models of packages', model("select * from {{ ref('other', 'b') }}"), "a refers to the package 'other', which is not installed"],
  ['quoting', settings('quoting: {}\n'), "dbt_project.yml:2:1: not supported: 'quoting' of dbt_project.yml"],
  ['another database', model("{{ config(database='other') }} select 1"), "a has the database 'other', but the connection is to 'postgres'"],
  [
    'custom constraints',
    yaml('models:\n  - name: a\n    constraints: [{type: custom, expression: x}]\n'),
    'A constraint of a is of type custom, which is not supported → Use a post-hook',
  ],
])('%s', async (_, files, mistake) => {
  expect((await toldOf(files)).join('\n')).toContain(mistake)
})

// Invalid snapshots, found before anything runs.
it.each<[string, string, string]>([
  [
    'no strategy',
    "unique_key='id'",
    'The snapshot s has no strategy → Add strategy: timestamp with updated_at, or strategy: check with check_cols.',
  ],
  ['no key', "strategy='check', check_cols='all'", 'The snapshot s has no unique_key'],
  ['no time', "strategy='timestamp', unique_key='id'", 'the strategy timestamp without updated_at'],
  ['nothing to check', "strategy='check', unique_key='id'", 'the strategy check without check_cols'],
  ['another strategy', "strategy='mine', unique_key='id'", "'strategy' must be one of timestamp, check"],
  [
    'two ways to delete',
    "strategy='check', check_cols='all', unique_key='id', hard_deletes='ignore', invalidate_hard_deletes=true",
    'both hard_deletes and invalidate_hard_deletes',
  ],
  [
    'an unknown column',
    "strategy='check', check_cols='all', unique_key='id', snapshot_meta_column_names={'dbt_valid_form': 'x'}",
    "Did you mean 'dbt_valid_from'?",
  ],
])('a snapshot with %s', async (_, config, mistake) => {
  const files = { 'snapshots/s.sql': `{% snapshot s %}\n{{ config(${config}) }}\nselect 1 as id\n{% endsnapshot %}\n` }
  const mistakes = await mistakesOf(files)
  expect(mistakes.join('\n')).toContain(mistake)
  expect(mistakes[0]).toMatch(/^snapshots\/s\.sql:\d/)
})

it('a hook of the project that is no Jinja, and a constraint with an unknown key', async () => {
  expect(await mistakesOf(settings('on-run-end:\n  - select 1\n  - "{% if true %} select 1"\n'))).toEqual([
    expect.stringMatching(/^dbt_project\.yml:4:/),
  ])
  const told = await toldOf(yaml('models:\n  - name: a\n    constraints: [{type: check, expression: a > 0, expresion: b}]\n'))
  expect(told).toContain("models/_m.yml:3:52: Unknown key 'expresion' in a constraint → Did you mean 'expression'?")
})

it('a mistake in a snapshot of YAML is shown at its relation', async () => {
  const [mistake] = await mistakesOf({
    'snapshots/_s.yml':
      "snapshots:\n  - name: s\n    relation: ref('agnets')\n    config: {strategy: check, check_cols: all, unique_key: id}\n",
    'models/agents.sql': 'select 1',
  })
  expect(mistake).toBe("snapshots/_s.yml:3:15: s refers to 'agnets', but no model or seed has that name → Did you mean 'agents'?")
})
