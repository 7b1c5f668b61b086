import { fileAndLine } from '../base/codeframe.ts'
import { ProjectError } from '../base/errors.ts'
import { type Definition, definitionText, parseTemplate } from '../jinja/template.ts'
import type { Macro } from '../manifest/node.ts'
import { RUNNER_PACKAGE } from '../manifest/node.ts'
import type { ProjectFiles, SourceFile } from '../project/files.ts'

/** All macros and generic tests by unique id: the project's and the runner's, each with the macros that its text names. */
export function readMacros(files: ProjectFiles, errors: ProjectError[]): Map<string, Macro> {
  const macros = new Map<string, Macro>()
  for (const file of files.ownMacros) read(file, RUNNER_PACKAGE)
  for (const file of files.macros) read(file, files.settings.name)

  const byName = new Map<string, string>()
  for (const macro of macros.values()) byName.set(macro.name, macro.uniqueId)
  for (const macro of macros.values()) macro.macros = named(macro, byName)
  return new Map([...macros].sort(([left], [right]) => (left < right ? -1 : 1)))

  function read(file: SourceFile, packageName: string): void {
    for (const definition of definitionsOf(file, errors)) {
      const { kind, place } = definition
      if (kind === 'docs') continue
      if (kind !== 'macro' && kind !== 'test') {
        const hint = kind === 'snapshot' ? 'Move it to snapshots/.' : 'Use one of the materializations that there are instead.'
        const what = kind === 'snapshot' ? 'a snapshot among macros' : `own ${kind}s`
        errors.push(new ProjectError(`not supported: ${what}, as '${definition.name}'`, { place, hint }))
        continue
      }
      const name = kind === 'test' ? `test_${definition.name}` : definition.name
      const uniqueId = `macro.${packageName}.${name}`
      const other = macros.get(uniqueId)
      if (other) {
        errors.push(
          new ProjectError(`Two ${kind}s are called '${definition.name}': here and at ${fileAndLine(other.place)}`, {
            place,
            hint: 'Rename one of them.',
          }),
        )
        continue
      }
      const text = definitionText(definition)
      const parameters = definition.parameters.map(parameter => ({ name: parameter.name }))
      macros.set(uniqueId, {
        uniqueId,
        name,
        packageName,
        place,
        text,
        definition,
        description: '',
        meta: {},
        arguments: parameters,
        macros: [],
      })
    }
  }
}

function definitionsOf({ text, file }: SourceFile, errors: ProjectError[]): Definition[] {
  try {
    return parseTemplate(text, file).definitions
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error
    errors.push(error)
    return []
  }
}

// Names in the text that macros have; adapter.dispatch('x') means default__x and postgres__x.
function named(macro: Macro, byName: Map<string, string>): string[] {
  const found = new Set<string>()
  for (const [, name] of macro.text.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)) {
    const id = byName.get(name!)
    if (id && id !== macro.uniqueId) found.add(id)
  }
  for (const [, name] of macro.text.matchAll(/dispatch\(\s*(?:macro_name\s*=\s*)?['"](\w+)/g))
    for (const form of [`postgres__${name}`, `default__${name}`]) {
      const id = byName.get(form)
      if (id) found.add(id)
    }
  return [...found]
}
