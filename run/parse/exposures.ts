import { ProjectError } from '../base/errors.ts'
import { passedOver } from '../base/validate.ts'
import { parseTemplate } from '../jinja/template.ts'
import type { Exposure } from '../manifest/node.ts'
import type { RenderYaml } from '../project/config.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import { attempt, configure, createDraft, type Draft, levelsFor, type Used, yamlLevel } from './drafts.ts'
import { type Docs, description } from './patch.ts'

/** Drafts of the `exposures:` in properties files: each with the templates of its `depends_on`. */
export function exposureDrafts(files: ProjectFiles, used: Used, renderYaml: RenderYaml, docs: Docs, errors: ProjectError[]): Draft[] {
  return files.properties.exposures.map(({ name, place, dependsOn, config, describedAt, description: text, ...exposure }) => {
    const pack = files.settings.name
    const folders = (files.propertyFiles.get(place.file) ?? place.file).split('/').slice(0, -1)
    const fqn = [pack, ...folders, name]
    const draft = createDraft(
      files,
      'exposure',
      { uniqueId: `exposure.${pack}.${name}`, name, path: place.file, fqn, raw: '', place },
      errors,
    )
    configure(draft, [...levelsFor(draft, fqn, used), yamlLevel(config)], errors, renderYaml)
    const node = draft.node as Exposure
    node.description = description(text, docs, describedAt ?? place, errors)
    node.exposure = exposure
    draft.calls = []
    for (const { call, place: at } of dependsOn) {
      if (/^\s*(ref|source)\s*\(/.test(call)) {
        attempt(errors, () => void draft.calls!.push(parseTemplate(`{{ ${call} }}`, at.file, at.line, (at.column ?? 1) - 3)))
        continue
      }
      // Metrics are ignored.
      if (/^\s*metric\s*\(/.test(call)) {
        files.warnings.push({ message: passedOver('metric() of an exposure'), place: at, hint: 'Name the models that the metric reads.' })
        continue
      }
      const hint = "Write ref('…') or source('…', '…')."
      errors.push(new ProjectError(`The exposure '${name}' depends on '${call}': expected ref() or source()`, { place: at, hint }))
    }
    return draft
  })
}
