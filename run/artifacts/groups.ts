import { type Group, groupOf, type Project } from '../manifest/node.ts'
import { groupFields } from '../template/graph-dict.ts'
import { inFolder, withinPackage } from './paths.ts'

/** A group in manifest.json. */
export function groupEntry(project: Project, group: Group): object {
  const original = withinPackage(project, group.packageName, group.path)
  return { ...groupFields(group), path: inFolder(original), original_file_path: original }
}

/** The unique ids of each group's members, by the group's name. */
export function groupMap(project: Project): object {
  const nodes = [...project.nodes.values()]
  return Object.fromEntries(
    [...project.groups.values()].map(({ name }) => [
      name,
      nodes.filter(node => groupOf(node, project) === name).map(({ uniqueId }) => uniqueId),
    ]),
  )
}
