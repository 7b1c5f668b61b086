import type { Project } from '../manifest/node.ts'
import type { Catalog, CatalogRelation } from './datacatalog.ts'
import { identifierOf, nodeBehind, relationshipOf } from './datanodes.ts'
import type { DocsEntities } from './shape.ts'

/**
 * The entity diagram: tables of the project linked by foreign keys, and the other tables with keys in their schemas. Without foreign keys,
 * relationships tests give the links. Sources are excluded, as the project does not make them.
 */
export function entitiesOf(project: Project, catalog: Catalog | null): DocsEntities {
  const own = [...(catalog?.relations.values() ?? [])].filter(({ schema, name }) => isMade(nodeBehind(project, schema, name)))
  const ids = new Set(own.map(idOf))
  const links = own.flatMap(relation => linksOf(relation).filter(({ to }) => ids.has(to)))
  const all = links.length > 0 ? links : testedLinks(project, ids)
  const linked = new Set(all.flatMap(({ from, to }) => [from, to]))
  const schemas = new Set([...linked].map(id => id.split('.')[0]))
  const tables = own.filter(relation => linked.has(idOf(relation)) || (schemas.has(relation.schema) && relation.primaryKey.length > 0))
  return {
    tables: tables.map(relation => ({
      id: idOf(relation),
      schema: relation.schema,
      name: relation.name,
      node: nodeBehind(project, relation.schema, relation.name),
      columns: relation.columns.map(({ name, type, isNullable }) => ({
        name,
        type,
        isKey: relation.primaryKey.includes(name),
        isForeignKey: all.some(({ from, columns }) => from === idOf(relation) && columns.includes(name)),
        isNullable,
      })),
    })),
    links: all,
  }
}

type Link = DocsEntities['links'][number]

function isMade(node: string | null): boolean {
  return node !== null && !node.startsWith('source.')
}

function idOf({ schema, name }: Pick<CatalogRelation, 'schema' | 'name'>): string {
  return `${schema}.${name}`
}

function linksOf(relation: CatalogRelation): Link[] {
  const { foreignKeys, columns, primaryKey, uniqueKeys } = relation
  const isOptional = new Set(columns.filter(column => column.isNullable).map(column => column.name))
  const keys = [primaryKey, ...uniqueKeys].filter(key => key.length > 0)
  return foreignKeys.map(key => ({
    name: key.name,
    from: idOf(relation),
    columns: key.columns,
    to: `${key.schema}.${key.table}`,
    toColumns: key.toColumns,
    isOptional: key.columns.some(column => isOptional.has(column)),
    isOneToOne: keys.some(unique => unique.every(column => key.columns.includes(column))),
    isTested: false,
  }))
}

function testedLinks(project: Project, ids: ReadonlySet<string>): Link[] {
  return [...project.nodes.values()].flatMap(test => {
    const to = relationshipOf(test, project)
    const { attachedTo, column } = test.test ?? {}
    const from = attachedTo === undefined ? undefined : (project.nodes.get(attachedTo) ?? project.sources.get(attachedTo))
    if (!to || !from || column === undefined) return []
    const link: Link = {
      name: test.name,
      from: `${from.schema}.${identifierOf(from)}`,
      columns: [column],
      to: `${to.node.schema}.${identifierOf(to.node)}`,
      toColumns: [to.column],
      isOptional: true,
      isOneToOne: false,
      isTested: true,
    }
    return ids.has(link.from) && ids.has(link.to) ? [link] : []
  })
}
