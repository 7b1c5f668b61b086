import type { Lineage } from '../lineage/project.ts'
import type { Project } from '../manifest/node.ts'
import type { Moved } from './changes-shape.ts'

/**
 * The relations that change when these tables do: `columns` are those whose values differ, or all of them when rows appear or disappear.
 * `still` are tables known to be unchanged, which pass nothing on. `lineage` also has the figures of reports, by report id and name.
 */
export function movedBy(
  project: Project,
  { fields, edges }: Lineage,
  changed: { id: string; columns: string[] | 'all' }[],
  still: ReadonlySet<string>,
): Moved {
  const starts = new Map(changed.map(({ id, columns }) => [id, columns]))
  const below = new Map<number, number[]>()
  for (const [from, to, kind] of edges) if (kind !== 'condition') below.set(from, [...(below.get(from) ?? []), to])
  const queue = fields.flatMap(({ node, column }, index) => {
    const columns = starts.get(node)
    return columns === 'all' || columns?.includes(column) ? [index] : []
  })
  const seen = new Set(queue)
  for (let index = queue.pop(); index !== undefined; index = queue.pop())
    for (const next of below.get(index) ?? []) {
      if (seen.has(next) || still.has(fields[next]!.node)) continue
      seen.add(next)
      queue.push(next)
    }
  const byNode = new Map<string, Set<string>>()
  for (const index of seen) {
    const { node, column } = fields[index]!
    byNode.set(node, (byNode.get(node) ?? new Set()).add(column))
  }
  return {
    columns: [...byNode].flatMap(([id, columns]) => {
      const node = project.nodes.get(id)
      if (!node || starts.has(id)) return []
      return [{ table: `${node.schema}.${node.alias}`, columns: [...columns].filter(name => name !== '*').sort() }]
    }),
    reports: [...project.reports.values()].flatMap(report => {
      const figures = report.blocks.flatMap(block =>
        block.kind === 'figure' && byNode.has(`${report.uniqueId}.${block.name}`) ? [block.title] : [],
      )
      return figures.length > 0 ? [{ title: report.title, figures }] : []
    }),
    exposures: [...project.exposures.values()].flatMap(({ name, dependsOn, exposure }) =>
      dependsOn.some(id => byNode.has(id))
        ? [{ label: exposure.label ?? name, type: exposure.type, owner: exposure.owner.name ?? null }]
        : [],
    ),
  }
}
