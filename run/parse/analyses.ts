import type { Problem, ProjectError } from '../base/errors.ts'
import type { Project } from '../manifest/node.ts'
import type { RenderYaml } from '../project/config.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { configure, createDraft, type Draft } from './drafts.ts'

/** Drafts of the queries of analysis-paths, which are compiled and never run by a build. */
export function analysisDrafts(files: ProjectFiles, renderYaml: RenderYaml, errors: ProjectError[]): Draft[] {
  return files.analyses.map(({ file, within, text }) => {
    const pack = files.settings.name
    const parts = within.replace(/\.[^.]*$/, '').split('/')
    const name = parts.at(-1)!
    const identity = { uniqueId: `analysis.${pack}.${name}`, name, path: file, fqn: [pack, 'analysis', ...parts], raw: text }
    const draft = createDraft(files, 'analysis', identity, errors)
    configure(draft, [], errors, renderYaml)
    return draft
  })
}

/**
 * Takes the mistakes of analyses out of `errors`, both those in their files and `own`, those of their rendering: as a build does not use
 * analyses, they become warnings, and the analysis is omitted. Gives the warnings.
 */
export function passOverWrong(project: Project, drafts: Draft[], errors: ProjectError[], own: Map<string, ProjectError[]>): Problem[] {
  const byFile = new Map(drafts.flatMap(({ node }) => (node.resourceType === 'analysis' ? [[node.path, node.uniqueId] as const] : [])))
  const warnings: Problem[] = []
  const tell = (id: string, { message, place, hint }: ProjectError): void => {
    project.analyses.delete(id)
    project.parentMap.delete(id)
    for (const children of project.childMap.values()) if (children.includes(id)) children.splice(children.indexOf(id), 1)
    warnings.push({ message: `The analysis is not compiled: ${message}`, place, hint })
  }
  for (const [id, mistakes] of own) for (const mistake of mistakes) tell(id, mistake)
  for (const error of errors.splice(0)) {
    const id = byFile.get(error.place?.file ?? '')
    if (id === undefined) errors.push(error)
    else tell(id, error)
  }
  return warnings
}
