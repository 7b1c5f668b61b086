import { fileAndLine } from '../base/codeframe.ts'
import { ProjectError } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { placeOf } from '../base/yaml.ts'
import { type Macro, type Node, RUNNER_PACKAGE } from '../manifest/node.ts'
import type { TestProperties } from '../project/test-properties.ts'
import { createScope } from '../template/context.ts'
import { callTest, testArguments, testMacro } from '../template/generic-test.ts'
import type { World } from '../template/rendering.ts'
import { attempt, configure, createDraft, type Draft, levelsFor, type Used, yamlLevel } from './drafts.ts'
import { parseRendering, settle } from './parse-rendering.ts'
import { description, draftFor, type Patching } from './patch.ts'
import { testNames } from './test-names.ts'

/** The context for making generic tests. */
export interface Making extends Patching {
  world: World
  used: Used
  name: (node: Node) => void
}

/** A generic test as written, what it tests, and the macro that it calls, with all arguments but the model. */
interface Found {
  test: TestProperties
  target: Node
  macro: Macro
  args: Record<string, unknown>
}

/** A draft per generic test in the properties, named and configured as in dbt. */
export function genericTests(making: Making): Draft[] {
  const made = new Map<string, Draft>()
  const quiet = quietMacros(making.world)
  for (const { target, tests } of targets(making))
    for (const test of tests) {
      const macro = macroFor(making, test)
      const args = { ...(test.column === undefined ? {} : { column_name: test.column }), ...test.arguments }
      if (!macro || !fits(test, macro, args, making.errors)) continue
      const found = { test, target, macro, args }
      const draft = draftOf(making, found, made)
      if (!draft) continue
      made.set(draft.node.uniqueId, draft)
      configureTest(making, draft, found)
      render(making, draft, found, quiet(macro))
    }
  return [...made.values()]
}

/** The nodes and sources that have generic tests on them or on their columns. */
function targets(making: Making): { target: Node; tests: TestProperties[] }[] {
  const { files, drafts } = making
  const byId = new Map(drafts.map(({ node }) => [node.uniqueId, node]))
  const described = [
    ...files.properties.nodes.map(properties => ({ target: draftFor(making, properties)?.node, properties })),
    ...files.properties.sources.map(properties => ({
      target: byId.get(`source.${files.settings.name}.${properties.sourceName}.${properties.name}`),
      properties,
    })),
  ]
  return described.flatMap(({ target, properties: { tests, columns } }) =>
    // An analysis has no rows to test.
    !target || target.resourceType === 'analysis' ? [] : [{ target, tests: [...tests, ...columns.flatMap(column => column.tests)] }],
  )
}

/** The draft of a test; undefined, and an error, for a second one of the same name and arguments. */
function draftOf({ files, errors }: Making, { test, target, args }: Found, made: Map<string, Draft>): Draft | undefined {
  const names = namesOf(test, target, args)
  const project = files.settings.name
  const folders = (files.propertyFiles.get(test.place.file) ?? test.place.file).split('/').slice(0, -1)
  const uniqueId = `test.${project}.${names.name}.${names.hash}`
  const other = made.get(uniqueId)
  if (other) {
    errors.push(
      new ProjectError(`Duplicate test '${names.name}': here and at ${fileAndLine(other.node.place)}`, {
        place: test.place,
        hint: 'Remove one of them, or set name: on one of them.',
      }),
    )
    return undefined
  }
  const called = test.namespace === undefined ? `test_${test.generic}` : `${test.namespace}.test_${test.generic}`
  const raw = `{{ ${called}(**_dbt_generic_test_kwargs) }}`
  const fqn = [project, ...folders, names.name]
  const draft = createDraft(
    files,
    'test',
    { uniqueId, name: names.name, path: test.place.file, fqn, raw, place: test.place, parse: false },
    errors,
  )
  if (names.alias !== names.name) draft.base.alias = names.alias
  return draft
}

function namesOf(test: TestProperties, { resourceType, sourceName, name, version }: Node, args: Record<string, unknown>) {
  const isSource = resourceType === 'source'
  const named = version === undefined ? name : `${name}_v${version}`
  const ref = version === undefined ? `ref('${name}')` : `ref('${name}', version='${version}')`
  return testNames({
    ...test,
    target: isSource ? `${sourceName}_${name}` : named,
    isSource,
    arguments: args,
    model: isSource ? `source('${sourceName}', '${name}')` : ref,
  })
}

function configureTest({ used, docs, errors, renderYaml }: Making, draft: Draft, { test, target, args }: Found): void {
  const { node } = draft
  configure(draft, [...levelsFor(draft, node.fqn, used), yamlLevel(test.config)], errors, renderYaml)
  node.description = description(test.description, docs, test.place, errors)
  node.test = {
    generic: test.generic,
    attachedTo: target.uniqueId,
    ...(test.namespace === undefined ? {} : { namespace: test.namespace }),
    ...(test.column === undefined ? {} : { column: test.column }),
    arguments: args,
  }
  if (target.config.enabled === false) draft.over.push({ values: { enabled: false }, place: () => test.place })
  configure(draft, [], errors, undefined)
}

/** Renders the test, unless its macro is quiet, for what it refers to. */
function render({ name, world, errors }: Making, draft: Draft, { test, target, macro }: Found, isQuiet: boolean): void {
  const { node } = draft
  const rendering = parseRendering(node, () => {}, draft, errors)
  attempt(errors, () => {
    name(node)
    const scope = createScope(world, rendering)
    const kwargs = testArguments(node, target, rendering, scope, world)
    rendering.used.add(macro.uniqueId)
    if (!isQuiet) callTest(macro, kwargs, test.place, scope)
  })
  node.macros = [...rendering.used]
  settle(node, errors)
  node.tags = [...new Set([...node.tags, ...test.columnTags])]
}

function macroFor({ files, world, errors }: Making, { generic, namespace, place }: TestProperties): Macro | undefined {
  const project = files.settings.name
  const found = testMacro(world, generic, namespace, project)
  if (found) return found
  const known = [...world.macros.values()].flatMap(({ name }) => (name.startsWith('test_') ? [name.slice(5)] : []))
  const hint =
    namespace === undefined || namespace === project
      ? (didYouMean(generic, known) ?? `Expected one of ${known.sort().join(', ')}; write your own as tests/generic/${generic}.sql.`)
      : world.packageVars.has(namespace)
        ? didYouMean(generic, known)
        : `There is no package '${namespace}': add it to packages.yml and run npx tsx run.ts deps.`
  errors.push(new ProjectError(`There is no generic test '${namespace === undefined ? '' : `${namespace}.`}${generic}'`, { place, hint }))
  return undefined
}

/** Checks the arguments: only parameters of the macro, and all that have no default. */
function fits(test: TestProperties, macro: Macro, args: Record<string, unknown>, errors: ProjectError[]): boolean {
  const { parameters, uses } = macro.definition
  const names = parameters.map(parameter => parameter.name)
  const before = errors.length
  for (const key of Object.keys(args)) {
    if (names.includes(key) || uses.kwargs) continue
    const place = placeOf(test.container, key) ?? test.place
    const hint = didYouMean(key, names) ?? `It takes ${names.filter(name => name !== 'model').join(', ') || 'nothing'}.`
    errors.push(new ProjectError(`The test '${test.generic}' has no argument '${key}'`, { place, hint }))
  }
  for (const parameter of parameters) {
    if (parameter.name === 'model' || parameter.default || Object.hasOwn(args, parameter.name)) continue
    // In dbt a missing argument is undefined, which a test may check; dbt's own four tests require theirs.
    if (macro.packageName !== RUNNER_PACKAGE) continue
    const hint =
      parameter.name === 'column_name' ? 'Put the test under a column, or name one with column_name:.' : `Add it: ${parameter.name}: …`
    errors.push(new ProjectError(`The test '${test.generic}' needs the argument '${parameter.name}'`, { place: test.place, hint }))
  }
  return errors.length === before
}

// Finds tests whose macros call neither ref(), source() nor config(): parsing does not render them.
function quietMacros(world: World): (macro: Macro) => boolean {
  const known = new Map<string, boolean>()
  return quiet

  function quiet(macro: Macro): boolean {
    const answer = known.get(macro.uniqueId)
    if (answer !== undefined) return answer
    known.set(macro.uniqueId, true)
    const loud =
      /\b(ref|source|config|builtins|raise_compiler_error)\s*[.(]/.test(macro.text.replace(/config\.(get|require|meta_get)\b/g, '')) ||
      macro.macros.some(id => !quiet(world.macros.get(id)!))
    known.set(macro.uniqueId, !loud)
    return !loud
  }
}
