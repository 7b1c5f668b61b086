import { isDeepStrictEqual } from 'node:util'
import type { Problem } from '../base/errors.ts'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { passedOver } from '../base/validate.ts'
import { placeOf, placeOfValue } from '../base/yaml.ts'
import { parseTemplate, render } from '../jinja/template.ts'
import { referencesOf } from '../manifest/constraints.ts'
import type { Node, Project, ProjectHook } from '../manifest/node.ts'
import { type Hook, unusedFolders } from '../project/config.ts'
import type { ProjectFiles, SeedFile, SourceFile } from '../project/files.ts'
import { readSelectors } from '../project/selectors.ts'
import { createScope } from '../template/context.ts'
import type { Rendering, World } from '../template/rendering.ts'
import { yamlRenderer } from '../template/yaml-jinja.ts'
import { attempt, configure, createDraft, type Draft, levelsFor } from './drafts.ts'
import { genericTests } from './generic-tests.ts'
import { readMacros } from './macros.ts'
import { namer } from './names.ts'
import { parseRendering, settle } from './parse-rendering.ts'
import { describeMacros, docsOf, patchNodes, sourceDrafts } from './patch.ts'
import { inPlaces, link } from './resolve-refs.ts'
import { snapshotDrafts } from './snapshots.ts'
import { unitTests } from './unit-tests.ts'

/** Renders every node once with execute = false and links what ref() and source() name. Throws ProjectErrors with all mistakes. */
export function parseProject(files: ProjectFiles): Project {
  const { project, errors } = parsePartly(files)
  if (errors.length > 0) throw new ProjectErrors(inPlaces(errors))
  return project
}

/** The same for who can do with a part: the project as far as it could be read, and the mistakes. Nothing of it may be built. */
export function parsePartly(files: ProjectFiles): { project: Project; errors: ProjectError[] } {
  const { settings } = files
  const errors = [...files.errors]
  const warnings: Problem[] = [...files.warnings]
  const used = new Set<object>()
  const macros = readMacros(files, errors)
  const world: World = { ...files, name: settings.name, macros }
  const renderYaml = yamlRenderer(world)
  const docs = docsOf(files, errors)

  // 1: a draft per file and source table, with the configs of dbt_project.yml and of its YAML
  const drafts = [
    ...files.models.map(file => draftOf(file, 'model')),
    ...files.seeds.map(file => draftOf(file, 'seed')),
    ...snapshotDrafts(files, used, renderYaml, errors),
    ...files.singularTests.map(file => draftOf(file, 'test')),
    ...sourceDrafts(files, used, renderYaml, docs, errors),
  ]
  refuseDoubles(drafts, errors)
  patchNodes({ files, drafts, renderYaml, docs, errors })
  describeMacros(files, macros, docs, errors)

  // 2: config() calls and refs, by rendering; then names, which the config decides
  const noticed = (problem: Problem): void => {
    if (!warnings.some(known => isDeepStrictEqual(known, problem))) warnings.push(problem)
  }
  const name = namer(world, node => parseRendering(node, noticed))
  for (const draft of drafts) if (draft.node.resourceType !== 'source') parseNode(draft)

  // 3: generic tests, which need to know what they are attached to
  drafts.push(
    ...genericTests({ files, drafts, world, used, renderYaml, docs, errors, name, rendering: node => parseRendering(node, noticed) }),
  )

  // 4: who reads whom
  const project: Project = {
    ...world,
    dir: files.dir,
    version: settings.version,
    citus: settings.citus,
    nodes: new Map(),
    sources: new Map(),
    disabled: new Map(),
    unitTests: new Map(),
    docs,
    selectors: readSelectors(files.selectors, renderYaml, errors),
    onRunStart: hooks('on-run-start', settings.onRunStart),
    onRunEnd: hooks('on-run-end', settings.onRunEnd),
    parentMap: new Map(),
    childMap: new Map(),
    textOf: file => files.texts.get(file),
    warnings,
  }
  link(project, drafts, errors)
  unitTests(project, files, { used, renderYaml, docs, errors })

  for (const [key, instead] of Object.entries(UNENFORCED)) {
    const found = drafts.find(({ node }) => node.config[key] !== undefined && node.config[key] !== 'public')
    if (found)
      warnings.push({
        message: passedOver(`the config '${key}'`),
        place: found.node.patch ?? found.node.place,
        hint: `Use ${instead} instead.`,
      })
  }
  const unused = (Object.keys(TREE) as (keyof typeof TREE)[]).flatMap(type => unusedFolders(settings.trees[type], TREE[type], used))
  for (const { path, place } of unused)
    warnings.push({
      message: `The configs of ${path} in dbt_project.yml are for no node of the project`,
      ...(place ? { place } : {}),
      hint: 'Rename or remove them; a config has a + before its name.',
    })

  return { project, errors }

  function draftOf(file: SourceFile | SeedFile, type: 'model' | 'seed' | 'test'): Draft {
    const parts = file.within.replace(/\.[^.]*$/, '').split('/')
    const nodeName = parts.at(-1)!
    const place = { file: file.file, line: 1, column: 1 }
    if (/\s/.test(nodeName))
      errors.push(new ProjectError(`The name '${nodeName}' has a space`, { place, hint: 'Write it with an underscore.' }))
    const fqn = [settings.name, ...parts]
    const raw = 'text' in file ? file.text : ''
    const checksum = 'checksum' in file ? { checksum: file.checksum } : {}
    const draft = createDraft(
      files,
      type,
      { uniqueId: `${type}.${settings.name}.${nodeName}`, name: nodeName, path: file.file, fqn, raw, ...checksum },
      errors,
    )
    configure(draft, levelsFor(files, type, fqn, used), errors, renderYaml)
    return draft
  }

  function parseNode(draft: Draft): void {
    const { node } = draft
    attempt(errors, () => name(node))
    if (draft.template) {
      const { config } = node
      const rendering = parseRendering(node, noticed, draft, errors)
      attempt(errors, () => void render(draft.template!, createScope(world, rendering)))
      parseHooks(draft, rendering)
      for (const { constraint } of node.resourceType === 'model' ? referencesOf(node) : [])
        attempt(
          errors,
          () =>
            void render(
              parseTemplate(`{{ ${constraint.to} }}`, node.patch?.file ?? node.path, node.patch?.line),
              createScope(world, rendering),
            ),
        )
      node.macros = [...rendering.used]
      if (node.config !== config) attempt(errors, () => name(node))
    } else parseHooks(draft, parseRendering(node, noticed, draft, errors))
    settle(node, errors)
  }

  function parseHooks({ node }: Draft, rendering: Rendering): void {
    for (const { sql } of [...((node.config['pre-hook'] ?? []) as Hook[]), ...((node.config['post-hook'] ?? []) as Hook[])])
      attempt(
        errors,
        () => void render(parseTemplate(sql, node.place.file, node.place.line, node.place.column), createScope(world, rendering)),
      )
  }

  function hooks(key: string, texts: string[]): ProjectHook[] {
    const value = settings.written[key]
    return texts.map((sql, index) => {
      const found = typeof value === 'object' && value !== null ? placeOf(value, index) : placeOfValue(settings.written, key)
      const place = found ?? { file: 'dbt_project.yml' }
      attempt(errors, () => void parseTemplate(sql, place.file, place.line, place.column))
      return { sql, place }
    })
  }
}

const UNENFORCED = { group: '`tags:`', access: 'grants of the database' }

const TREE = { model: 'models', seed: 'seeds', test: 'data_tests', unit_test: 'unit_tests', snapshot: 'snapshots', source: 'sources' }

function refuseDoubles(drafts: Draft[], errors: ProjectError[]): void {
  const seen = new Map<string, Node>()
  for (const { node } of drafts) {
    const key = ['model', 'seed', 'snapshot'].includes(node.resourceType) ? `relation ${node.name}` : node.uniqueId
    const other = seen.get(key)
    if (other) {
      const what = node.resourceType === 'source' ? `${node.sourceName}.${node.name}` : node.name
      const both =
        other.resourceType === node.resourceType ? `Two ${node.resourceType}s` : `A ${other.resourceType} and a ${node.resourceType}`
      const where = other.place.line === 1 ? other.place.file : `${other.place.file}:${other.place.line}`
      errors.push(
        new ProjectError(`${both} are called '${what}': ${where} and this one`, {
          place: node.place,
          hint: 'ref() and source() go by name alone: rename one of them.',
        }),
      )
    } else seen.set(key, node)
  }
}
