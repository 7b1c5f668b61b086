import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { compiledNodes } from '../../run/docs/datacompiled.ts'
import { lineageOf } from '../../run/docs/datalineage.ts'
import type { Lineage } from '../../run/lineage/project.ts'
import { pathLabel } from '../../run/lineage/value.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'
import { CORE } from './lineage-core-expected.ts'

let lineage: Lineage
beforeAll(async () => {
  const project = parseProject(await loadProject(join(import.meta.dirname, '../..')))
  const { texts, errors } = await compiledNodes(project, {})
  expect(errors).toEqual([])
  lineage = await lineageOf(project, texts, null)
})

describe('columns of core, by hand and by the tracer', () => {
  for (const [table, columns] of Object.entries(CORE))
    it(table, () => {
      const traced = lineage.relations.get(`model.deskledger.${table}`)!.columns
      const found = Object.fromEntries(traced.map(({ name, origins }) => [name, [...new Set(origins.map(originOf))].sort()]))
      expect(found).toEqual(Object.fromEntries(Object.entries(columns).map(([name, origins]) => [name, [...new Set(origins)].sort()])))
    })
})

it('traces every column of the project', () => {
  const all = [...lineage.relations]
    .filter(([id]) => id.startsWith('model.'))
    .flatMap(([id, { columns }]) => columns.map(column => ({ id, ...column })))
  expect(all.length).toBeGreaterThan(800)
  expect(all.filter(({ notTraced }) => notTraced !== null)).toEqual([])
  expect([...lineage.relations.values()].filter(({ notTraced }) => notTraced !== null)).toEqual([])
})

it('finds the way from a JSON path over core to a mart', () => {
  const ways = waysDown({ node: 'source.deskledger.raw.admin_groups', column: 'record', label: 'name' })
  expect(ways).toContain('model.deskledger.groups name')
  expect(ways).toContain('model.deskledger.group_headcount path')
})

/** A field in the notation of the table above. */
function originOf(index: number): string {
  const { node, column, path } = lineage.fields[index]!
  const [kind, , ...names] = node.split('.')
  const name = names.at(-1)!
  if (column === '*')
    return ['files', 'former_files', 'batches', 'sync_batches', 'accepted_shrinks'].includes(name) ? 'rows of batches' : `rows of ${name}`
  if (column === 'batch' && ['files', 'batches'].includes(name)) return 'batch'
  // Where jsonb refuses a record, its key is read from a repaired copy.
  if (kind === 'source' && ['record', 'readable'].includes(column)) return `${name} ${pathLabel(path)}`
  return `${name} ${column}${path.length > 0 ? ` ${pathLabel(path)}` : ''}`
}

function waysDown(from: { node: string; column: string; label: string }): string[] {
  const start = lineage.fields.findIndex(field => field.node === from.node && field.column === from.column && field.label === from.label)
  const seen = new Set([start])
  for (const index of seen) for (const [above, below, kind] of lineage.edges) if (above === index && kind !== 'condition') seen.add(below)
  return [...seen].map(index => `${lineage.fields[index]!.node} ${lineage.fields[index]!.column}`)
}
