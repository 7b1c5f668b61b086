import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sha256 } from '../base/hash.ts'
import { hasContract } from '../manifest/contract.ts'
import {
  type Column,
  type Exposure,
  exposureId,
  groupOf,
  type Macro,
  type Node,
  type Project,
  pathWithin,
  type UnitRows,
  type UnitTest,
} from '../manifest/node.ts'
import type { NodeResult } from '../manifest/result.ts'
import type { Selector } from '../manifest/selector.ts'
import { hooksOf } from '../project/config.ts'
import { asExposures, exposureEntry } from './exposures.ts'
import { groupEntry, groupMap } from './groups.ts'
import { inFolder, withinPackage } from './paths.ts'
import { compiledPath, metadata } from './run-results.ts'

/** Writes target/manifest.json, dbt's version 12: `state:` compares with it, and tools around dbt read it. */
export async function writeManifest(folder: string, project: Project, compiled: Map<string, string> = new Map()): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'manifest.json'), `${JSON.stringify(manifestOf(project, compiled))}\n`)
}

/** The compiled SQL of results, by unique id. */
export function compiledOf(results: NodeResult[]): Map<string, string> {
  return new Map(results.flatMap(({ node, compiled }) => (compiled === null ? [] : [[node.uniqueId, compiled]])))
}

/** manifest.json as an object; `compiled` has the SQL of compiled nodes, by unique id. */
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
    nodes: {
      ...entries([...project.nodes.values(), ...project.analyses.values()], node =>
        nodeEntry(project, node, compiled.get(node.uniqueId), created),
      ),
      ...Object.fromEntries(operationEntries(project, created)),
    },
    sources: entries(project.sources.values(), node => sourceEntry(node, created)),
    macros: entries(project.macros.values(), macro => macroEntry(project, macro, created)),
    docs: Object.fromEntries([...project.docs.values()].map(doc => docEntry(project, doc))),
    exposures: Object.fromEntries(
      [...project.exposures.values(), ...project.reports.values()].map(node => [exposureId(node.uniqueId), exposureEntry(node, created)]),
    ),
    metrics: {},
    groups: entries(project.groups.values(), group => groupEntry(project, group)),
    selectors: Object.fromEntries([...project.selectors.values()].map(selector => [selector.name, selectorEntry(selector)])),
    disabled: Object.fromEntries([...project.disabled.values()].map(node => [node.uniqueId, [disabledEntry(project, node, created)]])),
    parent_map: { ...asExposures(project.parentMap), ...alone(project) },
    child_map: { ...asExposures(project.childMap), ...alone(project) },
    group_map: groupMap(project),
    saved_queries: {},
    semantic_models: {},
    unit_tests: entries(project.unitTests.values(), test => unitTestEntry(test, created)),
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
    group: groupOf(node, project) ?? null,
    meta: node.meta,
    docs: docsOf(node.docs),
    patch_path: node.patch ? `${node.packageName}://${withinPackage(project, node.packageName, node.patch.file)}` : null,
    unrendered_config: node.unrenderedConfig,
    created_at: created,
    relation_name: node.relationName,
    raw_code: node.resourceType === 'snapshot' ? node.raw : node.raw.trim(),
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
    return {
      ...code,
      constraints: node.constraints.map(constraint => ({ ...constraint })),
      access: node.config.access ?? 'protected',
      primary_key: keyOf(project, node),
    }
  if (!node.test?.generic) return code
  return {
    ...code,
    column_name: node.test.column ?? null,
    ...attachment(project, node.test),
  }
}

// Hooks are compiled just before they run: nothing that they read is known earlier.
function alone(project: Project): object {
  return Object.fromEntries(operationEntries(project, 0).map(([id]) => [id, []]))
}

function attachment(project: Project, { generic, namespace, attachedTo, arguments: given }: NonNullable<Node['test']>): object {
  const on = project.nodes.get(attachedTo ?? '') ?? project.sources.get(attachedTo ?? '')
  const isSource = on?.resourceType === 'source'
  const call = isSource ? `source('${on.sourceName}', '${on.name}')` : `ref('${on?.name ?? ''}')`
  return {
    file_key_name: on ? `${on.resourceType}s.${isSource ? on.sourceName : on.name}` : null,
    attached_node: isSource ? null : (attachedTo ?? null),
    test_metadata: { name: generic, kwargs: { ...given, model: `{{ get_where_subquery(${call}) }}` }, namespace: namespace ?? null },
  }
}

// Hooks of the project, which are nodes in dbt's manifest, too.
function operationEntries(project: Project, created: number): [string, object][] {
  const list = [
    ...project.onRunStart.map((hook, i) => ({ ...hook, when: 'on-run-start', index: i })),
    ...project.onRunEnd.map((hook, i) => ({ ...hook, when: 'on-run-end', index: i })),
  ]
  return list.map(({ sql, when, index }) => {
    const name = `${project.name}-${when}-${index}`
    const uniqueId = `operation.${project.name}.${name}`
    return [
      uniqueId,
      {
        database: project.target.database,
        schema: project.target.schema,
        name,
        resource_type: 'operation',
        package_name: project.name,
        path: `hooks/${name}.sql`,
        original_file_path: './dbt_project.yml',
        unique_id: uniqueId,
        fqn: [project.name, 'hooks', name],
        alias: name,
        checksum: { name: 'sha256', checksum: sha256(name) },
        config: { enabled: true, materialized: 'view', tags: [], meta: {} },
        tags: [when],
        created_at: created,
        raw_code: sql,
        language: 'sql',
        refs: [],
        sources: [],
        depends_on: { macros: [], nodes: [] },
        index,
      },
    ]
  })
}

function sourceEntry(node: Node, created: number): object {
  const { source } = node
  return {
    ...identity(node),
    path: node.path,
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

function macroEntry(project: Project, macro: Macro, created: number): object {
  return {
    name: macro.name,
    resource_type: 'macro',
    package_name: macro.packageName,
    path: withinPackage(project, macro.packageName, macro.place.file),
    original_file_path: withinPackage(project, macro.packageName, macro.place.file),
    unique_id: macro.uniqueId,
    macro_sql: macro.text,
    depends_on: { macros: macro.macros },
    description: macro.description,
    meta: macro.meta,
    arguments: macro.arguments.map(({ name, type, description }) => ({ name, type: type ?? null, description: description ?? '' })),
    created_at: created,
  }
}

function disabledEntry(project: Project, node: Node, created: number): object {
  if (node.resourceType === 'source') return sourceEntry(node, created)
  if (node.resourceType === 'report' || node.resourceType === 'exposure') return exposureEntry(node as Exposure, created)
  return nodeEntry(project, node, undefined, created)
}

function unitTestEntry(test: UnitTest, created: number): object {
  return {
    name: test.name,
    resource_type: 'unit_test',
    package_name: test.packageName,
    path: path.basename(test.path),
    original_file_path: pathWithin(test),
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

// Rows of CSV as mappings, as in dbt.
function fixtureEntry({ format, fixture, sql, rows }: UnitRows): object {
  const plain = rows.map(row => Object.fromEntries([...row].map(([name, { value }]) => [name, value])))
  return { rows: sql ?? plain, format, fixture }
}

function selectorEntry({ name, description, isDefault, written }: Selector): object {
  return { name, ...(description ? { description } : {}), ...(isDefault ? { default: true } : {}), definition: written }
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
      path: inFolder(file),
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
    path: node.test?.generic ? `${node.alias}.sql` : inFolder(pathWithin(node)),
    original_file_path: pathWithin(node),
    unique_id: node.uniqueId,
    fqn: node.fqn,
  }
}

function configOf(node: Node): object {
  const standard =
    node.resourceType === 'test'
      ? { materialized: 'test', severity: 'ERROR' }
      : { materialized: ({ seed: 'seed', snapshot: 'snapshot' } as Record<string, string>)[node.resourceType] ?? 'view' }
  // dbt's schema knows no other key of a hook.
  const hooks = (key: string) => hooksOf(node.config[key]).map(({ sql, transaction }) => ({ sql, transaction, index: null }))
  const { config } = node
  const own =
    node.resourceType === 'test' ? {} : { 'pre-hook': hooks('pre-hook'), 'post-hook': hooks('post-hook'), docs: docsOf(node.docs) }
  const model =
    node.resourceType === 'model' ? { access: 'protected', contract: { alias_types: true, ...(config.contract as object) } } : {}
  return { ...standard, ...config, ...model, ...(config.access ? { access: config.access } : {}), ...own, tags: node.tags, meta: node.meta }
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
      { name, description, data_type: dataType ?? null, quote: quote ?? null, meta, tags, constraints, config: { meta, tags } },
    ]),
  )
}

// The primary key as dbt infers it: from the constraint, else the columns tested as unique and not_null, else those tested as unique.
function keyOf(project: Project, node: Node): string[] {
  const constraint = node.constraints.find(({ type }) => type === 'primary_key')
  const column = node.columns.find(({ constraints = [] }) => constraints.some(({ type }) => type === 'primary_key'))
  if (constraint || column) return constraint?.columns ?? [column!.name]
  const tested = (generic: string) =>
    (project.childMap.get(node.uniqueId) ?? [])
      .map(id => project.nodes.get(id)?.test)
      .filter(test => test?.generic === generic && test.attachedTo === node.uniqueId)
      .map(test => String(test?.arguments.column_name))
  const [unique, filled] = [tested('unique'), tested('not_null')]
  const both = unique.filter(name => filled.includes(name))
  return both.length > 0 ? both : unique
}
