import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { compiledPath, metadata } from './artifacts.ts'
import { hasContract } from './contract.ts'
import { sha256 } from './functions.ts'
import type { Column, Macro, Node, Project, UnitRows, UnitTest } from './node.ts'
import type { NodeResult } from './record.ts'

/** target/manifest.json, dbt's version 12: what state: compares with, and what tools around dbt read. */
export async function writeManifest(folder: string, project: Project, compiled: Map<string, string> = new Map()): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'manifest.json'), `${JSON.stringify(manifestOf(project, compiled))}\n`)
}

/** The compiled SQL of results, by unique id. */
export function compiledOf(results: NodeResult[]): Map<string, string> {
  return new Map(results.flatMap(({ node, compiled }) => (compiled === null ? [] : [[node.uniqueId, compiled]])))
}

/** manifest.json as an object; `compiled` has the SQL of nodes that were compiled, by unique id. */
export function manifestOf(project: Project, compiled: Map<string, string> = new Map()): object {
  const created = project.startedAt.getTime() / 1000
  const entries = <T extends { uniqueId: string }>(list: Iterable<T>, form: (one: T) => object) =>
    Object.fromEntries([...list].map(one => [one.uniqueId, form(one)]))
  return {
    metadata: {
      ...metadata(project, 'manifest/v12'),
      project_name: project.name,
      adapter_type: 'postgres',
      quoting: { database: true, schema: true, identifier: true, column: null },
    },
    nodes: entries(project.nodes.values(), node => nodeEntry(project, node, compiled.get(node.uniqueId), created)),
    sources: entries(project.sources.values(), node => sourceEntry(node, created)),
    macros: entries(project.macros.values(), macro => macroEntry(macro, created)),
    docs: Object.fromEntries([...project.docs.values()].map(doc => docEntry(project, doc))),
    exposures: {},
    metrics: {},
    groups: {},
    selectors: {},
    disabled: Object.fromEntries(
      [...project.disabled.values()].map(node => [
        node.uniqueId,
        [node.resourceType === 'source' ? sourceEntry(node, created) : nodeEntry(project, node, undefined, created)],
      ]),
    ),
    parent_map: Object.fromEntries(project.parentMap),
    child_map: Object.fromEntries(project.childMap),
    group_map: {},
    saved_queries: {},
    semantic_models: {},
    unit_tests: entries(project.unitTests.values(), test => unitTestEntry(project, test, created)),
  }
}

function nodeEntry(project: Project, node: Node, compiledCode: string | undefined, created: number): object {
  const shared = {
    ...identity(node),
    alias: node.alias,
    checksum: node.test?.generic ? { name: 'none', checksum: '' } : { name: 'sha256', checksum: node.checksum },
    config: configOf(node),
    tags: node.tags,
    description: node.description,
    columns: columnsOf(node.columns),
    meta: node.meta,
    docs: docsOf(node.docs),
    patch_path: node.patch ? `${node.packageName}://${node.patch.file}` : null,
    unrendered_config: node.unrenderedConfig,
    created_at: created,
    relation_name: node.relationName,
    raw_code: node.raw.trim(),
  }
  if (node.resourceType === 'seed') return { ...shared, root_path: project.dir, depends_on: { macros: node.macros } }

  const code = {
    ...shared,
    language: 'sql',
    refs: node.refs.map(ref => ({ name: ref.name, package: ref.package ?? null, version: null })),
    sources: node.sources,
    metrics: [],
    depends_on: { macros: node.macros, nodes: node.dependsOn },
    compiled: compiledCode !== undefined,
    compiled_code: compiledCode ?? null,
    compiled_path: compiledCode === undefined ? null : path.join('target', compiledPath(node)),
    extra_ctes_injected: compiledCode !== undefined,
    extra_ctes: [],
    contract: contractOf(node),
  }
  if (node.resourceType === 'model')
    return { ...code, constraints: node.constraints.map(constraint => ({ ...constraint })), access: 'protected', primary_key: keyOf(node) }
  if (!node.test?.generic) return code
  return {
    ...code,
    column_name: node.test.column ?? null,
    file_key_name: null,
    attached_node: node.test.attachedTo ?? null,
    test_metadata: { name: node.test.generic, kwargs: node.test.arguments, namespace: null },
  }
}

function sourceEntry(node: Node, created: number): object {
  const { source } = node
  return {
    ...identity(node),
    source_name: node.sourceName ?? '',
    source_description: source?.description ?? '',
    loader: source?.loader ?? '',
    identifier: source?.identifier ?? node.alias,
    quoting: { database: true, schema: true, identifier: true, column: null },
    loaded_at_field: source?.loadedAtField ?? null,
    loaded_at_query: source?.loadedAtQuery ?? null,
    freshness: source?.freshness ?? null,
    description: node.description,
    columns: columnsOf(node.columns),
    meta: node.meta,
    tags: node.tags,
    config: { enabled: true, tags: node.tags, meta: node.meta },
    patch_path: null,
    unrendered_config: node.unrenderedConfig,
    relation_name: node.relationName,
    created_at: created,
  }
}

function macroEntry(macro: Macro, created: number): object {
  return {
    name: macro.name,
    resource_type: 'macro',
    package_name: macro.packageName,
    path: macro.place.file,
    original_file_path: macro.place.file,
    unique_id: macro.uniqueId,
    macro_sql: macro.text,
    depends_on: { macros: macro.macros },
    description: macro.description,
    meta: macro.meta,
    arguments: macro.arguments.map(({ name, type, description }) => ({ name, type: type ?? null, description: description ?? '' })),
    created_at: created,
  }
}

function unitTestEntry(project: Project, test: UnitTest, created: number): object {
  return {
    name: test.name,
    resource_type: 'unit_test',
    package_name: project.name,
    path: path.basename(test.path),
    original_file_path: test.path,
    unique_id: test.uniqueId,
    fqn: test.fqn,
    model: test.model,
    given: test.given.map(({ input, rows }) => ({ input, ...fixtureEntry(rows) })),
    expect: fixtureEntry(test.expect),
    overrides: Object.values(test.overrides).some(part => Object.keys(part).length > 0) ? test.overrides : null,
    description: test.description,
    depends_on: { macros: [], nodes: test.dependsOn },
    config: { enabled: true, tags: test.tags, meta: test.meta },
    checksum: test.checksum,
    schema: test.schema,
    created_at: created,
  }
}

// Rows of CSV as dbt keeps them: as mappings.
function fixtureEntry({ format, fixture, sql, rows }: UnitRows): object {
  const plain = rows.map(row => Object.fromEntries([...row].map(([name, { value }]) => [name, value])))
  return { rows: sql ?? plain, format, fixture }
}

function docEntry(project: Project, doc: { name: string; text: string; place: { file: string } }): [string, object] {
  const id = `doc.${project.name}.${doc.name}`
  const file = doc.place.file
  return [
    id,
    {
      name: doc.name,
      resource_type: 'doc',
      package_name: project.name,
      path: file,
      original_file_path: file,
      unique_id: id,
      block_contents: doc.text,
    },
  ]
}

function identity(node: Node): object {
  return {
    database: node.database,
    schema: node.schema,
    name: node.name,
    resource_type: node.resourceType,
    package_name: node.packageName,
    path: node.path.split('/').slice(1).join('/') || node.path,
    original_file_path: node.path,
    unique_id: node.uniqueId,
    fqn: node.fqn,
  }
}

function configOf(node: Node): object {
  const standard =
    node.resourceType === 'test'
      ? { materialized: 'test', severity: 'ERROR' }
      : { materialized: ({ seed: 'seed', snapshot: 'snapshot' } as Record<string, string>)[node.resourceType] ?? 'view' }
  const hooks = (key: string) => {
    const value = node.config[key] ?? node.config[key.replace('-', '_')]
    const list = Array.isArray(value) ? value : value ? [value] : []
    return list.map(hook =>
      typeof hook === 'string' ? { sql: hook, transaction: true, index: null } : { transaction: true, index: null, ...(hook as object) },
    )
  }
  const { pre_hook: _before, post_hook: _after, ...config } = node.config
  const own = node.resourceType === 'test' ? {} : { 'pre-hook': hooks('pre-hook'), 'post-hook': hooks('post-hook') }
  return { ...standard, ...config, ...own, tags: node.tags, meta: node.meta, docs: docsOf(node.docs) }
}

function contractOf(node: Node): object {
  const { alias_types = true } = (node.config.contract ?? {}) as { alias_types?: boolean }
  if (!hasContract(node)) return { enforced: false, alias_types, checksum: null }
  const columns = node.columns.map(({ name, dataType }) => `${name}|${dataType}`).sort()
  return { enforced: true, alias_types, checksum: sha256(columns.join()) }
}

function docsOf(docs: Record<string, unknown>): object {
  return { show: docs.show ?? true, node_color: docs.node_color ?? null }
}

function columnsOf(columns: Column[]): object {
  return Object.fromEntries(
    columns.map(({ name, description, dataType, quote, meta = {}, tags = [], constraints = [] }) => [
      name,
      { name, description, data_type: dataType ?? null, quote: quote ?? null, meta, tags, constraints },
    ]),
  )
}

function keyOf(node: Node): string[] {
  const key = node.config.unique_key
  return Array.isArray(key) ? key.map(String) : typeof key === 'string' ? [key] : []
}
