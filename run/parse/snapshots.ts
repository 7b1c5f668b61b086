import { ProjectError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { placeAt } from '../jinja/source.ts'
import { parseTemplate } from '../jinja/template.ts'
import type { RenderYaml } from '../project/config.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { attempt, configure, createDraft, type Draft, levelsFor, type Used } from './drafts.ts'

/** Drafts of the project's snapshots: the `{% snapshot %}` blocks of SQL files, and those defined in YAML with a `relation:`. */
export function snapshotDrafts(files: ProjectFiles, used: Used, renderYaml: RenderYaml, errors: ProjectError[]): Draft[] {
  return [...files.snapshots.flatMap(file => blocksOf(file)), ...files.properties.nodes.flatMap(properties => ofYaml(properties))]

  function blocksOf({ file, within, text }: ProjectFiles['snapshots'][number]): Draft[] {
    const drafts: Draft[] = []
    attempt(errors, () => {
      const { definitions, source } = parseTemplate(text, file)
      if (!definitions.some(({ kind }) => kind === 'snapshot'))
        throw new ProjectError('This file has no snapshot', {
          place: { file, line: 1, column: 1 },
          hint: 'Write {% snapshot name %} select … {% endsnapshot %}, or a snapshot in YAML with relation:.',
        })
      for (const { kind, name, bodyAt, bodyEnd, place } of definitions) {
        if (kind !== 'snapshot')
          throw new ProjectError(`The ${kind} '${name}' is not allowed in ${file}`, { place, hint: 'Move it to macros/.' })
        const fqn = [files.settings.name, ...within.replace(/\.[^.]*$/, '').split('/'), name]
        const at = placeAt(source, bodyAt)
        const checksum = sha256(text.trim())
        drafts.push(draftOf({ name, path: file, fqn, raw: source.text.slice(bodyAt, bodyEnd), place: at, checksum }))
      }
    })
    return drafts
  }

  function ofYaml({ kind, name, relation, relationAt, place }: ProjectFiles['properties']['nodes'][number]): Draft[] {
    if (kind !== 'snapshot' || relation === undefined) return []
    const folders = (files.propertyFiles.get(place.file) ?? place.file).split('/').slice(0, -1)
    const lead = 'select * from {{ '
    // Its place is that of the relation, where its mistakes are shown.
    const { file, line = 1, column = 1 } = relationAt ?? place
    const draft = draftOf({
      name,
      path: place.file,
      fqn: [files.settings.name, ...folders, name],
      raw: `${lead}${relation} }}`,
      place: { file, line, column: column - lead.length },
    })
    draft.node.place = place
    return [draft]
  }

  function draftOf(parts: {
    name: string
    path: string
    fqn: string[]
    raw: string
    place: { file: string; line?: number; column?: number }
    checksum?: string
  }): Draft {
    const draft = createDraft(files, 'snapshot', { uniqueId: `snapshot.${files.settings.name}.${parts.name}`, ...parts }, errors)
    configure(draft, levelsFor(draft, parts.fqn, used), errors, renderYaml)
    return draft
  }
}
