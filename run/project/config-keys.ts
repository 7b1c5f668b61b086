import type { Config, ResourceType } from '../manifest/node.ts'

/** How the levels of a config key combine: the narrower one wins, lists are appended, mappings are merged, grants follow dbt's `+key`. */
export type MergeKind = 'clobber' | 'append' | 'dict' | 'grants'

/** The values that a config key may have. */
export type ConfigType = 'flag' | 'text' | 'number' | 'texts' | 'list' | 'map' | 'hooks' | 'any'

/** A config key that this runner supports. */
export interface ConfigKey {
  kind: MergeKind
  type: ConfigType
  on: readonly ResourceType[]
  /** Ours, not dbt's. */
  ours?: true
  /** The only allowed values. */
  values?: readonly string[]
}

const all = ['model', 'seed', 'snapshot', 'test', 'unit_test', 'source'] as const
const named = [...all, 'report', 'exposure', 'analysis'] as const
const related = ['model', 'seed', 'snapshot', 'test'] as const
const built = ['model', 'seed', 'snapshot'] as const
const model = ['model'] as const
/** What the workers of a Citus cluster may store: a source can be a table of a migration. */
const placed = ['model', 'source'] as const
const snapshot = ['snapshot'] as const
const queried = ['model', 'snapshot'] as const
const seed = ['seed'] as const
const test = ['test'] as const

/** Every config key by its name in dbt (hooks with a hyphen): dbt-core's, dbt-postgres', and ours. */
export const CONFIG_KEYS: Record<string, ConfigKey> = {
  enabled: { kind: 'clobber', type: 'flag', on: named },
  tags: { kind: 'append', type: 'texts', on: named },
  meta: { kind: 'dict', type: 'map', on: named },
  docs: { kind: 'dict', type: 'map', on: all },
  database: { kind: 'clobber', type: 'text', on: related },
  schema: { kind: 'clobber', type: 'text', on: related },
  alias: { kind: 'clobber', type: 'text', on: related },
  full_refresh: { kind: 'clobber', type: 'flag', on: built },
  'pre-hook': { kind: 'append', type: 'hooks', on: built },
  'post-hook': { kind: 'append', type: 'hooks', on: built },
  persist_docs: { kind: 'clobber', type: 'map', on: built },
  grants: { kind: 'grants', type: 'map', on: built },
  indexes: { kind: 'clobber', type: 'list', on: built },
  unlogged: { kind: 'clobber', type: 'flag', on: built },
  contract: { kind: 'dict', type: 'map', on: model },
  event_time: { kind: 'clobber', type: 'text', on: ['model', 'seed', 'snapshot', 'source'] },
  freshness: { kind: 'clobber', type: 'any', on: ['model', 'source'] },
  group: { kind: 'clobber', type: 'text', on: all },
  access: { kind: 'clobber', type: 'text', on: model, values: ['private', 'protected', 'public'] },

  materialized: { kind: 'clobber', type: 'text', on: queried },
  incremental_strategy: { kind: 'clobber', type: 'text', on: model, values: ['append', 'merge', 'delete+insert', 'mirror'] },
  unique_key: { kind: 'clobber', type: 'texts', on: queried },
  incremental_predicates: { kind: 'clobber', type: 'texts', on: model },
  predicates: { kind: 'clobber', type: 'texts', on: model },
  merge_update_columns: { kind: 'clobber', type: 'texts', on: model },
  merge_exclude_columns: { kind: 'clobber', type: 'texts', on: model },
  on_schema_change: { kind: 'clobber', type: 'text', on: model, values: ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'] },
  on_error: { kind: 'clobber', type: 'text', on: model, values: ['continue', 'skip_children'] },
  migrated: { kind: 'clobber', type: 'flag', on: model, ours: true },

  distributed_by: { kind: 'clobber', type: 'text', on: placed, ours: true },
  reference: { kind: 'clobber', type: 'flag', on: placed, ours: true },
  colocate_with: { kind: 'clobber', type: 'text', on: placed, ours: true },
  incremental_by: { kind: 'clobber', type: 'texts', on: model, ours: true },
  fillfactor: { kind: 'clobber', type: 'number', on: model, ours: true },
  shard_count: { kind: 'clobber', type: 'number', on: placed, ours: true },

  strategy: { kind: 'clobber', type: 'text', on: snapshot, values: ['timestamp', 'check'] },
  updated_at: { kind: 'clobber', type: 'text', on: snapshot },
  check_cols: { kind: 'clobber', type: 'texts', on: snapshot },
  hard_deletes: { kind: 'clobber', type: 'text', on: snapshot, values: ['ignore', 'invalidate', 'new_record'] },
  invalidate_hard_deletes: { kind: 'clobber', type: 'flag', on: snapshot },
  dbt_valid_to_current: { kind: 'clobber', type: 'text', on: snapshot },
  snapshot_meta_column_names: { kind: 'dict', type: 'map', on: snapshot },
  target_schema: { kind: 'clobber', type: 'text', on: snapshot },
  target_database: { kind: 'clobber', type: 'text', on: snapshot },

  column_types: { kind: 'dict', type: 'map', on: seed },
  delimiter: { kind: 'clobber', type: 'text', on: seed },
  quote_columns: { kind: 'clobber', type: 'flag', on: seed },

  severity: { kind: 'clobber', type: 'text', on: test },
  warn_if: { kind: 'clobber', type: 'text', on: test },
  error_if: { kind: 'clobber', type: 'text', on: test },
  fail_calc: { kind: 'clobber', type: 'text', on: test },
  where: { kind: 'clobber', type: 'text', on: test },
  limit: { kind: 'clobber', type: 'number', on: test },
  store_failures: { kind: 'clobber', type: 'flag', on: test },
  store_failures_as: { kind: 'clobber', type: 'text', on: test, values: ['table', 'view', 'ephemeral'] },
}

/** Configs of dbt that this runner does not support, and their alternatives. */
export const NOT_SUPPORTED: Record<string, string> = {
  quoting: 'nothing: names are always quoted',
  batch_size: "incremental_strategy 'mirror' or 'delete+insert' with incremental_predicates",
  begin: "incremental_strategy 'mirror' or 'delete+insert' with incremental_predicates",
  lookback: "incremental_strategy 'mirror' or 'delete+insert' with incremental_predicates",
  concurrent_batches: "incremental_strategy 'mirror' or 'delete+insert' with incremental_predicates",
  sql_header: 'a pre_hook: it runs in the same session',
  on_configuration_change: 'nothing: there are no materialized views',
  packages: 'copies of the macros you need in macros/',
  cluster_by: '`indexes`',
  partition_by: '`indexes`, or a partitioned table that a migration or a hook makes',
  dist: '`indexes`',
  sort: '`indexes`',
  sort_type: '`indexes`',
  order_by: '`indexes`',
  engine: 'nothing: a PostgreSQL table has no engine',
  file_format: 'nothing: a PostgreSQL table has no file format',
  location_root: 'a tablespace that a hook sets',
  tblproperties: 'a hook with `alter table … set (…)`',
  labels: '`meta:` or `persist_docs`',
  kms_key_name: 'the encryption of the disk',
  transient: '`unlogged: true`',
  secure: '`grants:`',
  copy_grants: '`grants:`',
  snowflake_warehouse: 'nothing: PostgreSQL has no warehouses',
  query_tag: 'application_name in DATABASE_URL',
  backup: 'nothing: backups are of the whole server',
  bind: 'nothing: views are always bound',
  target_lag: 'a table, and a build as often as you need',
  python_version: 'a SQL model',
  submission_method: 'a SQL model',
}

/** Those of them that would change what is built: they are errors, while the others have no effect and are ignored. */
export const REFUSED = new Set(
  'batch_size begin lookback concurrent_batches sql_header packages python_version submission_method'.split(' '),
)

/** Values of dbt that this runner does not support, by key, and their alternatives. */
export const NOT_SUPPORTED_VALUES: Record<string, Record<string, string>> = {
  incremental_strategy: {
    microbatch: "'delete+insert' or 'mirror' with incremental_predicates",
    insert_overwrite: "'mirror' with incremental_predicates",
  },
  store_failures_as: { view: "'table': a build that failed is undone, and a view would show nothing of it" },
}

/** The default config of each node type. */
export const DEFAULTS: Record<ResourceType, Config> = {
  analysis: { enabled: true, tags: [], meta: {} },
  model: {
    enabled: true,
    materialized: 'view',
    tags: [],
    meta: {},
    docs: { show: true },
    'pre-hook': [],
    'post-hook': [],
    on_schema_change: 'ignore',
    contract: { enforced: false },
    grants: {},
  },
  seed: {
    enabled: true,
    materialized: 'seed',
    tags: [],
    meta: {},
    docs: { show: true },
    'pre-hook': [],
    'post-hook': [],
    column_types: {},
    delimiter: ',',
    grants: {},
  },
  report: { enabled: true, tags: [], meta: {} },
  exposure: { enabled: true, tags: [], meta: {} },
  test: {
    enabled: true,
    materialized: 'test',
    tags: [],
    meta: {},
    severity: 'ERROR',
    warn_if: '!= 0',
    error_if: '!= 0',
    fail_calc: 'count(*)',
    schema: 'dbt_test__audit',
  },
  snapshot: {
    enabled: true,
    materialized: 'snapshot',
    tags: [],
    meta: {},
    docs: { show: true },
    'pre-hook': [],
    'post-hook': [],
    grants: {},
  },
  unit_test: { enabled: true, tags: [], meta: {} },
  source: { enabled: true, tags: [], meta: {} },
}

/** dbt's own name of a key: `pre-hook` for `pre_hook`. */
export function canonical(key: string): string {
  return key === 'pre_hook' || key === 'post_hook' ? key.replace('_', '-') : key
}
