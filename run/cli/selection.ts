import { writeManifest } from '../artifacts/manifest.ts'
import { writeRunResults } from '../artifacts/run-results.ts'
import type { Problem } from '../base/errors.ts'
import type { Node, Project } from '../manifest/node.ts'
import type { Report } from '../report/report.ts'
import type { Command } from './command.ts'
import type { Opened } from './open-project.ts'
import { type Options, shownOptions } from './options.ts'
import { previousOf } from './previous-artifacts.ts'

/** The nodes that the command line selects, of the given resource types, in the order of the build. */
export async function selected(
  { options, report }: Command,
  { project, targetPath }: Opened,
  types: Node['resourceType'][],
): Promise<{ nodes: Node[]; isWhole: boolean }> {
  const warnings: Problem[] = []
  const ids = await selectedIds({ options, report: { warn: problem => warnings.push(problem) } }, project, targetPath)
  const { buildOrder } = await import('../graph/order.ts')
  const analyses = [...project.analyses.values()].filter(({ uniqueId }) => ids.has(uniqueId))
  const nodes = [...buildOrder(project, ids), ...analyses].filter(node => types.includes(node.resourceType) && hasType(options, node))
  const hasDefault = [...project.selectors.values()].some(({ isDefault }) => isDefault)
  const { select, exclude, selector, ids: exact, resourceType, excludeResourceType } = options
  const isWhole = !select && !exclude && !selector && !exact && !hasDefault && !resourceType && !excludeResourceType
  for (const problem of warnings) report.warn(nodes.length === 0 ? { message: problem.message } : problem)
  // Reported last, so that it is seen.
  if (nodes.length === 0)
    report.warn({
      message: `Nothing to do: ${isWhole ? 'the project has' : 'the selection matches'} no enabled node.`,
      hint: [...new Set(warnings.flatMap(({ hint }) => hint ?? []))].join(' ') || undefined,
    })
  return { nodes, isWhole }
}

/** Ends a command that has selected nothing as dbt does: with empty artifacts, and success unless warnings are errors. */
export async function endWithoutNodes({ name, options }: Command, { project, targetPath }: Opened): Promise<number> {
  writeRunResults(targetPath, project, [], { command: name, args: shownOptions(options), elapsedSeconds: 0 })
  await writeManifest(targetPath, project, new Map())
  return options.warnError ? 1 : 0
}

/** Unique ids of everything that --select and --exclude pick, including sources. */
export async function selectedIds(
  { options, report }: { options: Options; report: Pick<Report, 'warn'> },
  project: Project,
  targetPath: string,
): Promise<Set<string>> {
  if (options.ids) return new Set(options.ids)
  const previous = await previousOf(options, targetPath, project)
  const { selectNodes } = await import('../graph/select.ts')
  return selectNodes(project, {
    ...(options.select ? { select: options.select } : {}),
    ...(options.exclude ? { exclude: options.exclude } : {}),
    ...(options.selector ? { selector: options.selector } : {}),
    ...(options.indirectSelection ? { indirectSelection: options.indirectSelection } : {}),
    ...(previous ? { previous } : {}),
    warn: (message, hint) => report.warn({ message, hint }),
  })
}

/** Whether a node passes --resource-type and --exclude-resource-type. */
export function hasType({ resourceType, excludeResourceType }: Options, node: Node): boolean {
  if (resourceType && !resourceType.includes('all') && !resourceType.includes(node.resourceType)) return false
  return !excludeResourceType?.includes(node.resourceType)
}
