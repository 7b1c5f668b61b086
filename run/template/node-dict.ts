import { fromJs, type Value } from '../jinja/values.ts'
import { type Column, type Exposure, type Node, pathWithin } from '../manifest/node.ts'

/** A node for `model` and `graph`, and for macros like generate_schema_name. */
export function nodeDict(node: Node): Value {
  return fromJs({
    unique_id: node.uniqueId,
    resource_type: node.resourceType,
    name: node.name,
    version: node.version ?? null,
    package_name: node.packageName,
    path: node.test?.generic ? `${node.alias}.sql` : pathWithin(node).split('/').slice(1).join('/') || node.path,
    original_file_path: pathWithin(node),
    patch_path: node.patch ? `${node.packageName}://${node.patch.file}` : null,
    fqn: node.fqn,
    database: node.database,
    schema: node.schema,
    alias: node.alias,
    identifier: node.alias,
    relation_name: node.relationName,
    description: node.description,
    // While parsing, the config is more recent than the node.
    tags: node.config.tags ?? node.tags,
    meta: node.config.meta ?? node.meta,
    docs: node.docs,
    config: { ...(node.resourceType === 'source' ? sourceConfig(node) : CONFIG), ...node.config },
    contract: { enforced: false, ...(node.config.contract as object | undefined) },
    constraints: node.constraints,
    access: node.config.access ?? 'protected',
    group: node.config.group ?? null,
    latest_version: node.isLatest ? node.version : null,
    checksum: { name: 'sha256', checksum: node.checksum },
    language: 'sql',
    deprecation_date: null,
    build_path: null,
    created_at: null,
    raw_code: node.resourceType === 'snapshot' ? node.raw : node.raw.trim(),
    columns: Object.fromEntries(node.columns.map(column => [column.name, columnDict(column)])),
    depends_on: { nodes: node.dependsOn, macros: node.macros },
    refs: node.refs.map(({ name, package: pack }) => ({ name, package: pack ?? null, version: null })),
    sources: node.sources,
    metrics: [],
    unrendered_config: node.unrenderedConfig,
    ...(node.resourceType === 'model' ? { time_spine: node.timeSpine ?? null, defer_relation: null } : {}),
    ...(node.resourceType === 'test' ? testDict(node) : {}),
    ...(node.resourceType === 'source' ? sourceDict(node) : {}),
    ...(node.resourceType === 'exposure' ? exposureFields(node as Exposure) : {}),
    source_name: node.sourceName ?? null,
  })
}

/** The fields that only exposures have, for artifacts and `graph`. */
export function exposureFields({ exposure }: Exposure): Exposure['exposure'] {
  return { ...exposure, owner: { name: null, email: null, ...exposure.owner } }
}

// The default config of every node in dbt.
const CONFIG = {
  enabled: true,
  alias: null,
  schema: null,
  database: null,
  tags: [],
  meta: {},
  group: null,
  materialized: 'view',
  incremental_strategy: null,
  batch_size: null,
  lookback: 1,
  begin: null,
  persist_docs: {},
  'post-hook': [],
  'pre-hook': [],
  quoting: {},
  column_types: {},
  full_refresh: null,
  unique_key: null,
  on_schema_change: 'ignore',
  on_configuration_change: 'apply',
  grants: {},
  packages: [],
  docs: { show: true, node_color: null },
  contract: { enforced: false, alias_types: true },
  event_time: null,
  concurrent_batches: null,
  access: 'protected',
  freshness: null,
}

// The default config of every source in dbt.
function sourceConfig({ source }: Node): object {
  return {
    enabled: true,
    event_time: null,
    freshness: freshnessOf(source),
    loaded_at_field: source?.loadedAtField ?? null,
    loaded_at_query: source?.loadedAtQuery ?? null,
  }
}

function freshnessOf(source: Node['source']): object {
  const none = { count: null, period: null }
  return { warn_after: none, error_after: none, filter: null, ...source?.freshness }
}

function columnDict({ name, description, dataType, quote, meta, tags, constraints }: Column): object {
  return {
    name,
    description,
    data_type: dataType ?? null,
    quote: quote ?? null,
    meta: meta ?? {},
    tags: tags ?? [],
    constraints: constraints ?? [],
  }
}

function testDict({ test }: Node): object {
  return {
    column_name: test?.column ?? null,
    attached_node: test?.attachedTo ?? null,
    test_metadata: test?.generic ? { name: test.generic, namespace: test.namespace ?? null, kwargs: test.arguments } : null,
  }
}

function sourceDict({ source }: Node): object {
  return {
    source_description: source?.description ?? '',
    loader: source?.loader ?? '',
    loaded_at_field: source?.loadedAtField ?? null,
    freshness: freshnessOf(source),
  }
}
