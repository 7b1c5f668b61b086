import { type Group, groupOf, type Project } from '../manifest/node.ts'
import { inFolder, withinPackage } from './paths.ts'

/** A group in manifest.json. */
export function groupEntry(project: Project, { uniqueId, name, packageName, path: file, owner, description, meta }: Group): object {
  const original = withinPackage(project, packageName, file)
  return {
    name,
    resource_type: 'group',
    package_name: packageName,
    path: inFolder(original),
    original_file_path: original,
    unique_id: uniqueId,
    owner: { email: null, name: null, ...owner },
    description,
    config: { meta },
  }
}

/** Who is in which group, by its name. */
export function groupMap(project: Project): object {
  const nodes = [...project.nodes.values()]
  return Object.fromEntries(
    [...project.groups.values()].map(({ name }) => [
      name,
      nodes.filter(node => groupOf(node, project) === name).map(({ uniqueId }) => uniqueId),
    ]),
  )
}
