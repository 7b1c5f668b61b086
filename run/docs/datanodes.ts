import { descriptionOf } from '../graph/inherited-descriptions.ts'
import type { Lineage } from '../lineage/project.ts'
import { isBuilt, type Node, type Project } from '../manifest/node.ts'
import type { Catalog, CatalogRelation } from './datacatalog.ts'
import type { Results } from './dataruns.ts'
import type { DocsColumn, DocsNode, DocsSample } from './shape.ts'

/** What is known of the project and its database when nodes are described. */
export interface Known {
  project: Project
  compiled: ReadonlyMap<string, string>
  catalog: Catalog | null
  lineage: Lineage
  results: Results
  /** By unique id. */
  samples: ReadonlyMap<string, DocsSample>
  freshness: ReadonlyMap<string, DocsNode['freshness']>
}

/** A model, seed, snapshot or source, with everything that the page shows. */
export function docsNode(node: Node, known: Known): DocsNode {
  const { project, compiled, results } = known
  const found = catalogOf(node, known)
  const tests = testsOn(node, project)
  const isRelated = (id: string): boolean => project.sources.has(id) || isShown(project.nodes.get(id))
  const last = results.last.get(node.uniqueId)
  return {
    uniqueId: node.uniqueId,
    resourceType: node.resourceType as DocsNode['resourceType'],
    name: node.name,
    sourceName: node.sourceName ?? null,
    packageName: node.packageName,
    relation: node.relationName,
    schema: node.schema,
    identifier: identifierOf(node),
    materialized: node.resourceType === 'source' ? null : String(node.config.materialized ?? node.resourceType),
    description: node.description,
    file: node.path,
    propertiesFile: node.patch?.file ?? null,
    tags: node.tags,
    meta: node.meta,
    grants: grantsOf(node.config.grants),
    rawSql: node.resourceType === 'seed' ? '' : node.raw,
    compiledSql: compiled.get(node.uniqueId) ?? null,
    columns: columnsOf(node, known, found, tests),
    primaryKey: found?.primaryKey ?? [],
    foreignKeys: (found?.foreignKeys ?? []).map(key => ({
      name: key.name,
      columns: key.columns,
      node: nodeBehind(project, key.schema, key.table),
      relation: `${key.schema}.${key.table}`,
      toColumns: key.toColumns,
    })),
    indexes: found?.indexes ?? [],
    tests: tests.map(test => test.uniqueId),
    unitTests: [...project.unitTests.values()].filter(test => test.dependsOn.includes(node.uniqueId)).map(test => test.uniqueId),
    dependsOn: (project.parentMap.get(node.uniqueId) ?? []).filter(isRelated),
    usedBy: (project.childMap.get(node.uniqueId) ?? []).filter(isRelated),
    macros: node.macros,
    exists: found !== undefined,
    rowCount: found?.isTable ? found.rowCount : null,
    isEstimate: found?.isEstimate ?? false,
    sizeBytes: found?.isTable ? found.sizeBytes : null,
    lastRun: last ? withoutFailures(last) : null,
    changedAt: results.changed.get(node.uniqueId) ?? null,
    freshness: known.freshness.get(node.uniqueId) ?? null,
    sample: known.samples.get(node.uniqueId) ?? null,
    notTraced: known.lineage.relations.get(node.uniqueId)?.notTraced ?? null,
  }
}

/** Whether a node has a page of its own: all except tests. */
export function isShown(node: Node | undefined): boolean {
  return node !== undefined && isBuilt(node)
}

/** The unique id of the node or source of a relation in the database; null without one. */
export function nodeBehind(project: Project, schema: string, name: string): string | null {
  let relations = behind.get(project)
  if (!relations) {
    const all = [...project.sources.values(), ...project.nodes.values()].filter(node => isShown(node) || node.resourceType === 'source')
    relations = new Map(all.map(node => [`${node.schema}.${identifierOf(node)}`, node.uniqueId]))
    behind.set(project, relations)
  }
  return relations.get(`${schema}.${name}`) ?? null
}

/** The name of a node's relation within its schema. */
export function identifierOf(node: Node): string {
  return node.resourceType === 'source' ? (node.source?.identifier ?? node.alias) : node.alias
}

const behind = new WeakMap<Project, Map<string, string>>()
const attached = new WeakMap<Project, Map<string, Node[]>>()

function catalogOf(node: Node, { catalog }: Known): CatalogRelation | undefined {
  return catalog?.relations.get(`${node.schema}.${identifierOf(node)}`)
}

// A generic test belongs to its node; a singular test to each of its parents.
function testsOn(node: Node, project: Project): Node[] {
  let tests = attached.get(project)
  if (!tests) {
    tests = new Map()
    for (const test of project.nodes.values()) {
      if (test.resourceType !== 'test') continue
      for (const id of test.test?.attachedTo ? [test.test.attachedTo] : test.dependsOn) tests.set(id, [...(tests.get(id) ?? []), test])
    }
    attached.set(project, tests)
  }
  return tests.get(node.uniqueId) ?? []
}

function columnsOf(node: Node, { project, lineage }: Known, found: CatalogRelation | undefined, tests: Node[]): DocsColumn[] {
  const traced = new Map((lineage.relations.get(node.uniqueId)?.columns ?? []).map(column => [column.name, column]))
  const described = new Map(node.columns.map(column => [column.name, column]))
  const actual = new Map((found?.columns ?? []).map(column => [column.name, column]))
  const names = new Set([...actual.keys(), ...traced.keys(), ...(actual.size + traced.size === 0 ? described.keys() : [])])
  return [...names].map(name => {
    const [is, from, yaml] = [actual.get(name), traced.get(name), described.get(name)]
    const own = tests.filter(test => test.test?.attachedTo === node.uniqueId && test.test.column === name)
    const isMade = node.resourceType === 'model' || node.resourceType === 'snapshot'
    return {
      name,
      type: is?.type ?? yaml?.dataType ?? null,
      description: descriptionOf(project, node, name) || is?.description || '',
      isKey: found?.primaryKey.includes(name) ?? false,
      isNullable: is?.isNullable ?? null,
      references: referenceOf(name, found, own, project),
      tests: own.map(test => test.uniqueId),
      notTraced: from?.notTraced ?? (isMade && !from ? 'not in the query: only the table has this column' : null),
      isConstant: from?.isConstant ?? false,
      isKept: from?.isKept ?? false,
      origins: from?.origins ?? [],
    }
  })
}

function referenceOf(name: string, found: CatalogRelation | undefined, tests: Node[], project: Project): DocsColumn['references'] {
  for (const { columns, schema, table, toColumns } of found?.foreignKeys ?? []) {
    const column = toColumns[columns.indexOf(name)]
    if (columns.includes(name) && column !== undefined)
      return { node: nodeBehind(project, schema, table), relation: `${schema}.${table}`, column, isTested: false }
  }
  for (const test of tests) {
    const to = relationshipOf(test, project)
    if (to) return { node: to.node.uniqueId, relation: `${to.node.schema}.${identifierOf(to.node)}`, column: to.column, isTested: true }
  }
  return null
}

/** The column that a relationships test references. */
export function relationshipOf({ test, dependsOn }: Node, project: Project): { node: Node; column: string } | null {
  if (test?.generic !== 'relationships') return null
  const { field } = test.arguments
  const other = dependsOn.find(id => id !== test.attachedTo) ?? test.attachedTo
  const node = other === undefined ? undefined : (project.nodes.get(other) ?? project.sources.get(other))
  return node && typeof field === 'string' ? { node, column: field } : null
}

function grantsOf(grants: unknown): Record<string, string[]> {
  if (typeof grants !== 'object' || grants === null) return {}
  return Object.fromEntries(Object.entries(grants).map(([privilege, to]) => [privilege, (Array.isArray(to) ? to : [to]).map(String)]))
}

function withoutFailures<T extends { failures: unknown }>({ failures: _, ...rest }: T): Omit<T, 'failures'> {
  return rest
}
