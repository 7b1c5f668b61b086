import { ProjectError } from '../base/errors.ts'
import { type Group, groupOf, type Node, type Project } from '../manifest/node.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import type { Draft } from './drafts.ts'

/**
 * dbt's error where a node refers to a model that it may not read: a private one of another group, or a non-public one of a package with
 * `restrict-access: true`.
 */
export function accessError(node: Node, to: Node, project: Project, { settings }: ProjectFiles): string | undefined {
  if (to.resourceType !== 'model') return undefined
  const { access = 'protected', group } = to.config as { access?: string; group?: string }
  const isOutside = settings.restrictAccess && node.packageName !== to.packageName
  const ownGroup = groupOf(node, project)
  const isPrivate = access === 'private' && (isOutside || ownGroup === undefined || ownGroup !== group)
  if (!isPrivate && !(access === 'protected' && isOutside)) return undefined
  const scope = isPrivate ? `'${group ?? ''}' group` : `'${to.packageName}' package`
  return `Node ${node.uniqueId} attempted to reference node ${to.uniqueId}, which is not allowed because the referenced node is ${access} to the ${scope}.`
}

/** The groups of the project and its packages, by unique id. */
export function groupsOf(parts: { files: ProjectFiles }[]): Map<string, Group> {
  const all = parts.flatMap(({ files: { settings, properties } }) =>
    properties.groups.map(({ file: path, ...group }) => {
      return { uniqueId: `group.${settings.name}.${group.name}`, packageName: settings.name, path, ...group }
    }),
  )
  return new Map(all.map(group => [group.uniqueId, group]))
}

/** Mistakes of access: public models without a relation, and groups that no properties file defines under `groups:`. */
export function accessMistakes(drafts: Draft[], { groups }: Pick<Project, 'groups'>): ProjectError[] {
  const ephemeral = drafts.filter(({ node: { config } }) => config.access === 'public' && config.materialized === 'ephemeral')
  return [...ephemeral.map(({ node }) => notPublic(node)), ...unknownGroups(drafts, groups.values())]
}

function notPublic({ uniqueId, patch, place }: Node): ProjectError {
  const message = `Node ${uniqueId} with 'ephemeral' materialization has an invalid value (public) for the access field`
  return new ProjectError(message, { place: patch ?? place, hint: 'Materialize it as a view, or set access: protected.' })
}

function unknownGroups(drafts: Draft[], groups: Iterable<Group>): ProjectError[] {
  const all = new Set([...groups].map(({ name }) => name))
  return drafts.flatMap(({ node }) => {
    const { group } = node.config
    if (group === undefined || node.config.enabled === false || all.has(String(group))) return []
    const known = all.size === 0 ? 'there are none' : `expected one of ${[...all].sort().join(', ')}`
    return [
      new ProjectError(`Invalid group '${group}' of ${node.name}: ${known}`, {
        place: node.patch ?? node.place,
        hint: 'Describe it under groups: in a properties file, with its owner.',
      }),
    ]
  })
}
