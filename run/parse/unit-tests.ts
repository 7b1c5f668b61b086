import { fileAndLine } from '../base/codeframe.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { didYouMean } from '../base/suggest.ts'
import { isYamlMap, placeOf, placeOfValue, type YamlMap } from '../base/yaml.ts'
import { evaluate, type JinjaFunction, type Scope, str } from '../jinja/template.ts'
import { isFunction } from '../jinja/values.ts'
import { findRelationNode, findSourceNode } from '../manifest/find-node.ts'
import type { Node, Project, UnitInput, UnitTest } from '../manifest/node.ts'
import type { RenderYaml } from '../project/config.ts'
import type { ProjectFiles } from '../project/project-files.ts'
import type { UnitTestProperties } from '../project/unit-test-properties.ts'
import { macroBook, macroNamed, macroNames } from '../template/macro-book.ts'
import { attempt, configure, createDraft, levelsFor, type Used, yamlLevel } from './drafts.ts'
import { type Docs, description } from './patch.ts'
import { readRows, rowsOfSeed } from './unit-rows.ts'

/** The context of reading unit tests. */
export interface UnitParsing {
  /** Levels of dbt_project.yml that apply to some node. */
  used: Used
  renderYaml: RenderYaml
  docs: Docs
  errors: ProjectError[]
}

/** Adds the unit tests to the project, each with its model, inputs and rows; mistakes of the YAML go to `errors`. */
export function unitTests(project: Project, files: ProjectFiles, parsing: UnitParsing): void {
  const { errors } = parsing
  for (const properties of files.properties.unitTests) {
    const { name, model, place } = properties
    const pack = files.settings.name
    const uniqueId = `unit_test.${pack}.${model}.${name}`
    const target = findRelationNode(project, pack, model, pack)?.uniqueId ?? `model.${pack}.${model}`
    const other = project.unitTests.get(uniqueId)
    if (other) {
      errors.push(new ProjectError(`Two unit tests of ${model} are called '${name}': here and at ${fileAndLine(other.place)}`, { place }))
      continue
    }
    if (project.disabled.has(target)) continue
    const node = project.nodes.get(target)
    if (!node) {
      errors.push(noModel(project, properties))
      continue
    }
    const folders = (files.propertyFiles.get(place.file) ?? place.file).split('/').slice(0, -1)
    const fqn = [pack, ...folders, model, name]
    const draft = createDraft(files, 'unit_test', { uniqueId, name, path: place.file, fqn, raw: '', place }, errors)
    const levels = [...levelsFor(draft, fqn, parsing.used), yamlLevel(properties.config)]
    configure(draft, levels, errors, parsing.renderYaml)
    const { config } = draft.node
    if (config.enabled === false) continue
    project.unitTests.set(uniqueId, {
      ...draft.node,
      ...contents(project, files, node, properties, errors),
      resourceType: 'unit_test',
      model,
      description: description(properties.description, parsing.docs, place, errors),
      tags: (config.tags ?? []) as string[],
      meta: (config.meta ?? {}) as Record<string, unknown>,
      schema: node.schema,
      alias: node.alias,
      dependsOn: [target],
    })
    project.parentMap.set(uniqueId, [target])
    project.childMap.set(uniqueId, [])
    project.childMap.get(target)?.push(uniqueId)
  }
}

/** Unique ids of a model's parents, and those of its ephemeral parents. */
export function readBy(project: Project, node: Node): string[] {
  const found = new Set<string>()
  const queue = [...node.dependsOn]
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (found.has(id)) continue
    found.add(id)
    const parent = project.nodes.get(id)
    if (parent?.config.materialized === 'ephemeral') queue.push(...parent.dependsOn)
  }
  return [...found]
}

/** `ref('agents')`, `source('raw', 'agents')`: the call of a node in a model. */
export function callOf(node: Node): string {
  return node.resourceType === 'source' ? `source('${node.sourceName}', '${node.name}')` : `ref('${node.name}')`
}

type Contents = Pick<UnitTest, 'given' | 'expect' | 'overrides' | 'checksum'>

function contents(
  project: Project,
  files: ProjectFiles,
  model: Node,
  { name, given, expect, overrides, place }: UnitTestProperties,
  errors: ProjectError[],
): Contents {
  const inputs: UnitInput[] = []
  for (const map of given) attempt(errors, () => void inputs.push(inputOf(map)))
  let expected = readRows({}, files, place)
  attempt(errors, () => {
    expected = readRows(expect, files, placeOf(expect) ?? place)
  })
  const checksum = sha256(JSON.stringify([model.name, given, expect, overrides, inputs.map(({ rows }) => rows.written), expected.written]))
  return { given: inputs, expect: expected, overrides: overridesOf(project, overrides, errors), checksum }

  function inputOf(map: YamlMap): UnitInput {
    const at = placeOfValue(map, 'input') ?? placeOf(map) ?? place
    if (typeof map.input !== 'string')
      throw new ProjectError(`An input of the unit test '${name}' has no 'input'`, { place: at, hint: "Add input: ref('…')." })
    const input = map.input.replace(/^\s*\{\{|\}\}\s*$/g, '').trim()
    const id = idOf(project, model, input, at)
    const isThis = id === model.uniqueId
    const reads = readBy(project, model)
    if (!isThis && !reads.includes(id)) {
      const calls = reads.map(parent => callOf(project.nodes.get(parent) ?? project.sources.get(parent)!))
      throw new ProjectError(`The unit test '${name}' has the input ${input}, but ${model.name} does not read it`, {
        place: at,
        hint: calls.length === 0 ? `${model.name} reads nothing.` : `${model.name} reads ${calls.join(', ')}.`,
      })
    }
    const twice = inputs.find(other => other.id === id)
    if (twice)
      throw new ProjectError(`The unit test '${name}' has the input ${input} twice, first at ${fileAndLine(twice.place)}`, { place: at })
    const seed = project.nodes.get(id)
    const isOwn = seed?.resourceType === 'seed' && (map.rows ?? map.fixture ?? map.format ?? null) === null
    return {
      input,
      place: at,
      id,
      isThis,
      rows: isOwn ? rowsOfSeed(project.dir, seed, at) : readRows(map, files, placeOfValue(map, 'rows') ?? at),
    }
  }
}

// The input is a Jinja expression in which only these three names are defined.
function idOf(project: Project, model: Node, input: string, place: Place): string {
  const names: Record<string, JinjaFunction | string> = {
    this: model.uniqueId,
    ref: args => {
      const wanted = str(args.at(-1) ?? '')
      const pack = args.length > 1 ? str(args[0] ?? '') : undefined
      const found = findRelationNode(project, model.packageName, wanted, pack)
      if (found) return found.uniqueId
      const known = [...project.nodes.values()].filter(({ resourceType }) => resourceType !== 'test').map(node => node.name)
      throw unknown(`There is no model, seed or snapshot '${wanted}'`, didYouMean(wanted, known))
    },
    source: args => {
      const [source, table] = [str(args[0] ?? ''), str(args[1] ?? '')]
      const found = findSourceNode(project, model.packageName, source, table)
      if (found) return found.uniqueId
      const known = [...project.sources.values()].map(node => `${node.sourceName}.${node.name}`)
      throw unknown(`There is no source '${source}.${table}'`, didYouMean(`${source}.${table}`, known))
    },
  }
  const scope: Scope = { get: name => (Object.hasOwn(names, name) ? names[name] : undefined), keys: () => Object.keys(names) }
  const id = evaluate(input, place.file, place.line ?? 1, place.column ?? 1, scope)
  if (typeof id === 'string' && !isFunction(id)) return id
  throw unknown(`Unknown input '${input}'`, "Write ref('…'), source('…', '…') or this.")

  function unknown(message: string, hint: string | undefined): ProjectError {
    return new ProjectError(message, { place, hint })
  }
}

// Names of templates besides macros that a unit test may override.
const REPLACEABLE = ['is_incremental', 'last_built', 'run_started_at', 'invocation_id']

function overridesOf(project: Project, overrides: YamlMap, errors: ProjectError[]): UnitTest['overrides'] {
  const part = (key: string): YamlMap => (isYamlMap(overrides[key]) ? (overrides[key] as YamlMap) : {})
  const macros = part('macros')
  const book = macroBook(project)
  const known = [...REPLACEABLE, ...macroNames(book)]
  for (const name of Object.keys(macros)) {
    if (REPLACEABLE.includes(name) || macroNamed(book, name)) continue
    const place = placeOf(macros, name)
    const hint = didYouMean(name, known)
    errors.push(new ProjectError(`There is no macro '${name}' to override`, { place, hint }))
  }
  const env = Object.fromEntries(Object.entries(part('env_vars')).map(([key, value]) => [key, String(value)]))
  return { macros, vars: part('vars'), env_vars: env }
}

function noModel(project: Project, { name, model, place }: UnitTestProperties): ProjectError {
  const models = [...project.nodes.values()].filter(({ resourceType }) => resourceType === 'model').map(node => node.name)
  const hint = didYouMean(model, models)
  return new ProjectError(`The unit test '${name}' is for the model '${model}', but there is no such model`, {
    place,
    hint,
  })
}
