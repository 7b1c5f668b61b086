import { isDeepStrictEqual } from 'node:util'
import type { Problem } from '../base/errors.ts'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { placeOf, placeOfValue } from '../base/yaml.ts'
import { parseTemplate, render } from '../jinja/template.ts'
import { referencesOf } from '../manifest/constraints.ts'
import { nameTooLong } from '../manifest/name-length.ts'
import { exposureId, isBuilt, type Node, type Project, type ProjectHook } from '../manifest/node.ts'
import { type Hook, type RenderYaml, unusedFolders } from '../project/config.ts'
import type { SourceFile } from '../project/folder-reader.ts'
import type { ProjectFiles, SeedFile } from '../project/project-files.ts'
import { readSelectors } from '../project/selectors.ts'
import type { Settings } from '../project/settings.ts'
import { createScope } from '../template/context.ts'
import type { World } from '../template/rendering.ts'
import { yamlRenderer } from '../template/yaml-jinja.ts'
import { accessMistakes, groupsOf } from './access.ts'
import { analysisDrafts, passOverWrong } from './analyses.ts'
import { attempt, configure, createDraft, type Draft, levelsFor, type Used } from './drafts.ts'
import { exposureDrafts } from './exposures.ts'
import { genericTests } from './generic-tests.ts'
import { type Calls, type KeptCalls, keptCalls } from './kept-calls.ts'
import { packageWith, readMacros } from './macros.ts'
import { namer } from './names.ts'
import { parseRendering, settle } from './parse-rendering.ts'
import { type Docs, describeMacros, docsOf, nameVersions, patchNodes, sourceDrafts } from './patch.ts'
import { reportDrafts } from './reports.ts'
import { inPlaces, link } from './resolve-refs.ts'
import { snapshotDrafts } from './snapshots.ts'
import { uncalledMacros } from './uncalled-macros.ts'
import { unitTests } from './unit-tests.ts'

/** Renders every node once with execute = false, and links those that ref() and source() name. Throws ProjectErrors with all mistakes. */
export function parseProject(files: ProjectFiles): Project {
  const { project, errors } = parsePartly(files)
  if (errors.length > 0) throw new ProjectErrors(inPlaces(errors))
  return project
}

/** The same for callers that can use a part: the readable part of the project, and the mistakes. It must not be built. */
export function parsePartly(files: ProjectFiles): { project: Project; errors: ProjectError[] } {
  const { settings } = files
  const errors = [...files.errors]
  const { warnings } = files
  const macros = readMacros(files, errors)
  const world: World = { ...files, name: settings.name, dispatch: settings.dispatch, macros }
  const used: Used = { root: files, folders: new Set(), render: yamlRenderer(world) }
  const noticed = (problem: Problem): void => {
    if (!warnings.some(known => isDeepStrictEqual(known, problem))) warnings.push(problem)
  }
  const kept = keptCalls(world)
  const name = namer(world, node => parseRendering(node, noticed))
  const parsing: Parsing = { world, used, kept, errors, noticed, name, ofAnalyses: new Map() }

  // 1: a draft per file and source table, with the configs of dbt_project.yml and of its YAML
  const parts = partsOf(files, parsing)
  const drafts = (): Draft[] => parts.flatMap(part => part.drafts)
  for (const part of parts) nameVersions(part)
  refuseDoubles(drafts(), errors)
  for (const part of parts) {
    patchNodes({ ...part, own: parts[0]!.drafts, errors, noticed })
    describeMacros(part.files, macros, part.docs, errors)
  }

  // 2: config() calls and refs, by rendering; then names, which depend on the config
  for (const draft of drafts()) if (draft.node.resourceType !== 'source') parseNode(draft, parsing)
  kept.save()

  // 3: generic tests, which need the nodes they are attached to
  for (const part of parts)
    part.drafts.push(
      ...genericTests({
        ...part,
        own: parts[0]!.drafts,
        world,
        used,
        errors,
        noticed,
        name: parsing.name,
      }),
    )

  // 4: the dependencies
  const project: Project = {
    ...world,
    dir: files.dir,
    version: settings.version,
    citus: settings.citus,
    nodes: new Map(),
    sources: new Map(),
    disabled: new Map(),
    unitTests: new Map(),
    reports: new Map(),
    exposures: new Map(),
    analyses: new Map(),
    groups: groupsOf(parts),
    docs: parts[0]!.docs,
    selectors: readSelectors(files.selectors, used.render, errors, warnings),
    onRunStart: hooksOf(parts, 'on-run-start', errors),
    onRunEnd: hooksOf(parts, 'on-run-end', errors),
    parentMap: new Map(),
    childMap: new Map(),
    textOf: file => files.texts.get(file),
    warnings,
  }
  link(project, drafts(), errors)
  errors.push(...accessMistakes(drafts(), project), ...uncalledMacros(project))
  for (const part of parts) unitTests(project, part.files, { ...part, used, errors })
  warnings.push(...passOverWrong(project, drafts(), errors, parsing.ofAnalyses))
  warnings.push(...unusedConfigs(settings, used), ...longNames(project))
  project.warnings = distinct(warnings)
  return { project, errors }
}

// Warns early: these nodes fail when they are built, which may be late.
function longNames({ nodes }: Project): Problem[] {
  return [...nodes.values()].flatMap(node => nameTooLong(node) ?? []).map(({ message, place, hint }) => ({ message, place, hint }))
}

// Each warning once; for config keys of other adapters one per kind.
function distinct(warnings: Problem[]): Problem[] {
  const seen = new Set<string>()
  return warnings.filter(({ message, place }) => {
    const key = message.startsWith('not supported') ? message : `${message} ${place?.file}:${place?.line}:${place?.column}`
    return seen.has(key) ? false : seen.add(key)
  })
}

/** The context of parsing all drafts. */
interface Parsing {
  world: World
  used: Used
  kept: KeptCalls
  errors: ProjectError[]
  noticed(problem: Problem): void
  name(node: Node): void
  /** Mistakes of analyses, by unique id. */
  ofAnalyses: Map<string, ProjectError[]>
}

/** The project or one of its packages, and its drafts. */
interface Part {
  files: ProjectFiles
  renderYaml: RenderYaml
  docs: Docs
  drafts: Draft[]
}

// The project first, then its packages. A docs block is searched in the project, in the node's own package, then in all others.
function partsOf(files: ProjectFiles, { world, used, errors }: Parsing): Part[] {
  const all = [files, ...files.packages]
  const blocks = all.map(part => docsOf(part, errors))
  return all.map((part, index) => {
    const renderYaml = index === 0 ? used.render : yamlRenderer(world, part.settings.name)
    const docs = new Map([...blocks.flatMap(one => [...one]), ...blocks[index]!, ...blocks[0]!])
    const drafts = [
      ...part.models.map(file => draftOf(part, file, 'model', renderYaml)),
      ...part.seeds.map(file => draftOf(part, file, 'seed', renderYaml)),
      ...snapshotDrafts(part, used, renderYaml, errors),
      ...part.singularTests.map(file => draftOf(part, file, 'test', renderYaml)),
      ...sourceDrafts(part, used, renderYaml, docs, errors),
      ...reportDrafts(part, renderYaml, docs, errors),
      ...analysisDrafts(part, renderYaml, errors),
      ...exposureDrafts(part, used, renderYaml, docs, errors),
    ]
    return { files: part, renderYaml, docs, drafts }
  })

  function draftOf(part: ProjectFiles, file: SourceFile | SeedFile, type: 'model' | 'seed' | 'test', renderYaml: RenderYaml): Draft {
    const pack = part.settings.name
    const parts = file.within.replace(/\.[^.]*$/, '').split('/')
    const nodeName = parts.at(-1)!
    const place = { file: file.file, line: 1, column: 1 }
    if (/\s/.test(nodeName))
      errors.push(new ProjectError(`The name '${nodeName}' has a space`, { place, hint: 'Write it with an underscore.' }))
    const fqn = [pack, ...parts]
    const raw = 'text' in file ? file.text : ''
    const checksum = 'checksum' in file ? { checksum: file.checksum } : {}
    const identity = { uniqueId: `${type}.${pack}.${nodeName}`, name: nodeName, path: file.file, fqn, raw, ...checksum }
    const draft = createDraft(part, type, identity, errors)
    configure(draft, levelsFor(draft, fqn, used), errors, renderYaml)
    return draft
  }
}

function parseNode(draft: Draft, parsing: Parsing): void {
  const { used, errors, name } = parsing
  const { node } = draft
  const own: ProjectError[] = []
  const hasName = isRead(node)
  if (hasName) attempt(own, () => name(node))
  const { config } = node
  node.macros = callsOf(draft, parsing, own)
  if (hasName && node.config !== config) attempt(own, () => name(node))
  settle(node, own, materialization => packageWith(used.root, materialization))
  // A node may be disabled because of its mistakes.
  if (node.config.enabled === false) return
  if (node.resourceType === 'analysis') parsing.ofAnalyses.set(node.uniqueId, own)
  else errors.push(...own)
}

// The calls of a node's template, from the cache or by rendering; gives the macros that it used.
function callsOf(draft: Draft, { world, kept, noticed }: Parsing, errors: ProjectError[]): string[] {
  const { node } = draft
  // The node of an exposure does not contain its calls.
  const isKept = node.resourceType !== 'exposure'
  const key = kept.keyOf(node)
  const known = errors.length > 0 || !isKept ? undefined : kept.of(key)
  if (known) {
    draft.refs.push(...known.refs)
    draft.sources.push(...known.sources)
    configure(
      draft,
      known.configs.map(({ values, site }) => ({ values, place: () => site })),
      errors,
      undefined,
    )
    return known.used
  }
  const configs: Calls['configs'] = []
  let isQuiet = errors.length === 0
  const notice = (problem: Problem): void => {
    isQuiet = false
    noticed(problem)
  }
  const rendering = parseRendering(node, notice, draft, errors, configs)
  const scope = createScope(world, rendering)
  for (const template of [draft.template ?? [], draft.calls ?? []].flat()) attempt(errors, () => void render(template, scope))
  for (const sql of hookTexts(node))
    attempt(errors, () => void render(parseTemplate(sql, node.place.file, node.place.line, node.place.column), scope))
  for (const { constraint } of node.resourceType === 'model' && draft.template ? referencesOf(node) : [])
    attempt(errors, () => void render(parseTemplate(`{{ ${constraint.to} }}`, node.patch?.file ?? node.path, node.patch?.line), scope))
  const macros = [...rendering.used]
  if (isKept && isQuiet && errors.length === 0) kept.keep(key, node, { refs: draft.refs, sources: draft.sources, configs, used: macros })
  return macros
}

function hookTexts({ config }: Node): string[] {
  return ['pre-hook', 'post-hook'].flatMap(key => ((config[key] ?? []) as Hook[]).map(({ sql }) => sql))
}

// The hooks of the project, then of its packages, in dbt's order.
function hooksOf(parts: Part[], key: 'on-run-start' | 'on-run-end', errors: ProjectError[]): ProjectHook[] {
  return parts.flatMap(({ files: { settings, packageDir } }) => {
    const value = settings.written[key]
    return (key === 'on-run-start' ? settings.onRunStart : settings.onRunEnd).map((sql, index) => {
      const found = typeof value === 'object' && value !== null ? placeOf(value, index) : placeOfValue(settings.written, key)
      const place = found ?? { file: 'dbt_project.yml' }
      attempt(errors, () => void parseTemplate(sql, place.file, place.line, place.column))
      return { sql, place, ...(packageDir === '' ? {} : { packageName: settings.name }) }
    })
  })
}

function unusedConfigs({ trees }: Settings, { folders }: Used): Problem[] {
  const unused = (Object.keys(TREE) as (keyof typeof TREE)[]).flatMap(type => unusedFolders(trees[type], TREE[type], folders))
  return unused.map(({ path, place }) => ({
    message: `The configs of ${path} in dbt_project.yml do not apply to any node of the project`,
    ...(place ? { place } : {}),
    hint: 'Rename or remove them; a config has a + before its name.',
  }))
}

const TREE = {
  model: 'models',
  seed: 'seeds',
  test: 'data_tests',
  unit_test: 'unit_tests',
  snapshot: 'snapshots',
  source: 'sources',
  exposure: 'exposures',
}

const isRead = ({ resourceType }: Node): boolean => !['report', 'exposure', 'analysis'].includes(resourceType)

function refuseDoubles(drafts: Draft[], errors: ProjectError[]): void {
  const seen = new Map<string, Node>()
  for (const { node } of drafts) {
    const key = isBuilt(node) ? `relation ${node.packageName}.${node.name}.${node.version ?? ''}` : exposureId(node.uniqueId)
    const other = seen.get(key)
    if (other) {
      const what = node.resourceType === 'source' ? `${node.sourceName}.${node.name}` : node.name
      const both =
        other.resourceType === node.resourceType
          ? `Two ${node.resourceType}s`
          : `A ${other.resourceType} and ${node.resourceType === 'exposure' ? 'an' : 'a'} ${node.resourceType}`
      const where = other.place.line === 1 ? other.place.file : `${other.place.file}:${other.place.line}`
      errors.push(
        new ProjectError(`${both} are called '${what}': ${where} and this one`, {
          place: node.place,
          hint: isRead(node) ? 'ref() and source() look up nodes by name only: rename one of them.' : 'Rename one of them.',
        }),
      )
    } else seen.set(key, node)
  }
}
