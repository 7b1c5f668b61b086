import type { Node, Project } from '../manifest/node.ts'
import type { Command } from './command.ts'
import type { Opened } from './open-project.ts'
import type { Options } from './options.ts'
import { previousOf } from './previous-artifacts.ts'

/** The nodes that the command line selects, of the given resource types, in the order of the build. */
export async function selected(
  { options, report }: Command,
  { project, targetPath }: Opened,
  types: Node['resourceType'][],
): Promise<{ nodes: Node[]; isWhole: boolean }> {
  const ids = await selectedIds({ options, report }, project, targetPath)
  const { buildOrder } = await import('../graph/order.ts')
  const nodes = buildOrder(project, ids).filter(node => types.includes(node.resourceType) && hasType(options, node))
  if (nodes.length === 0) report.warn({ message: 'Nothing to do: the selection matches no enabled node.' })
  const hasDefault = [...project.selectors.values()].some(({ isDefault }) => isDefault)
  const isWhole =
    !options.select && !options.exclude && !options.selector && !hasDefault && !options.resourceType && !options.excludeResourceType
  return { nodes, isWhole }
}

/** Unique ids of all that --select and --exclude pick, sources too. */
export async function selectedIds(
  { options, report }: Pick<Command, 'options' | 'report'>,
  project: Project,
  targetPath: string,
): Promise<Set<string>> {
  const previous = await previousOf(options, targetPath, project)
  const { selectNodes } = await import('../graph/select.ts')
  return selectNodes(project, {
    ...(options.select ? { select: options.select } : {}),
    ...(options.exclude ? { exclude: options.exclude } : {}),
    ...(options.selector ? { selector: options.selector } : {}),
    ...(options.indirectSelection ? { indirectSelection: options.indirectSelection } : {}),
    ...(previous ? { previous } : {}),
    warn: message => report.warn({ message }),
  })
}

/** Whether --resource-type and its opposite let a node through. */
export function hasType({ resourceType, excludeResourceType }: Options, node: Node): boolean {
  if (resourceType && !resourceType.includes('all') && !resourceType.includes(node.resourceType)) return false
  return !excludeResourceType?.includes(node.resourceType)
}
