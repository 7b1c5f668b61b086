import type { Shapes } from '../base/validate.ts'

/** Keys of a generic test that are config even outside of `config:`. */
export const TEST_CONFIG = new Set(
  'severity warn_if error_if fail_calc limit where tags enabled store_failures store_failures_as meta database schema alias group'.split(
    ' ',
  ),
)

const common: Shapes = { name: 'text', description: 'text', config: 'map', meta: 'map', tags: 'texts', docs: 'map' }
const tested: Shapes = { columns: 'maps', tests: 'list', data_tests: 'list' }

/** A properties file. */
export const TOP: Shapes = {
  version: 'any',
  models: 'maps',
  seeds: 'maps',
  sources: 'maps',
  macros: 'maps',
  tests: 'maps',
  data_tests: 'maps',
  unit_tests: 'maps',
  snapshots: 'maps',
  exposures: 'maps',
  groups: 'maps',
  analyses: 'maps',
  metrics: { use: 'a model that computes the metric', harmless: true },
  semantic_models: { use: 'a model that computes the metrics', harmless: true },
  saved_queries: { use: 'a view', harmless: true },
  functions: { use: 'a migration that creates the function' },
}
export const MODEL: Shapes = {
  ...common,
  ...tested,
  constraints: 'maps',
  deprecation_date: { use: 'the description, or `meta:`', harmless: true },
  versions: 'maps',
  latest_version: 'any',
  access: 'text',
  group: 'text',
  time_spine: 'map',
}
/** A version of a model. */
export const VERSION: Shapes = { ...common, ...tested, access: 'text', v: 'any', defined_in: 'text', constraints: 'maps' }
export const SEED: Shapes = { ...common, ...tested, group: 'text' }
/** A snapshot; with `relation` it is defined in YAML alone. */
export const SNAPSHOT: Shapes = { ...common, ...tested, group: 'text', relation: 'text' }
export const ANALYSIS: Shapes = { ...common, columns: 'maps' }
/** A singular test. */
export const SINGULAR: Shapes = { ...common }
export const COLUMN: Shapes = { ...common, data_type: 'text', quote: 'flag', constraints: 'maps', tests: 'list', data_tests: 'list' }
/** A constraint of a contract. */
export const CONSTRAINT: Shapes = {
  type: 'text',
  name: 'text',
  expression: 'text',
  columns: 'texts',
  to: 'text',
  to_columns: 'texts',
  warn_unenforced: 'flag',
  warn_unsupported: 'flag',
}
const freshness: Shapes = { loader: 'text', loaded_at_field: 'text', loaded_at_query: 'text', freshness: 'map' }
export const SOURCE: Shapes = {
  ...common,
  ...freshness,
  database: 'text',
  schema: 'text',
  tables: 'maps',
  quoting: { use: 'nothing: names are always quoted', harmless: true },
  overrides: { use: 'the source under a name of your own' },
}
/** A table of a source. */
export const TABLE: Shapes = {
  ...common,
  ...freshness,
  ...tested,
  identifier: 'text',
  external: 'map',
  quoting: { use: 'nothing: names are always quoted', harmless: true },
}
export const MACRO: Shapes = { name: 'text', description: 'text', docs: 'map', meta: 'map', config: 'map', arguments: 'maps' }
/** An argument of a macro. */
export const ARGUMENT: Shapes = { name: 'text', type: 'text', description: 'text' }
/** A unit test. */
export const UNIT: Shapes = {
  ...common,
  enabled: 'flag',
  model: 'text',
  given: 'maps',
  expect: 'map',
  overrides: 'map',
  versions: 'texts',
}
/** An input of a unit test. */
export const GIVEN: Shapes = { input: 'text', rows: 'any', format: 'text', fixture: 'text' }
/** The expectation of a unit test. */
export const EXPECT: Shapes = { rows: 'any', format: 'text', fixture: 'text' }
/** The overrides of a unit test. */
export const OVERRIDES: Shapes = { macros: 'map', vars: 'map', env_vars: 'map' }
