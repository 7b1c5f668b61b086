import { fileAndLine } from '../base/codeframe.ts'
import { ProjectError } from '../base/errors.ts'
import { type Definition, definitionText, parseTemplate } from '../jinja/template.ts'
import type { Macro } from '../manifest/node.ts'
import { RUNNER_PACKAGE } from '../manifest/node.ts'
import type { SourceFile } from '../project/folder-reader.ts'
import type { ProjectFiles } from '../project/project-files.ts'

/** All macros and generic tests by unique id: the project's and the runner's, each with the macros named in its text. */
export function readMacros(files: ProjectFiles, errors: ProjectError[]): Map<string, Macro> {
  const macros = new Map<string, Macro>()
  for (const file of files.ownMacros) read(file, RUNNER_PACKAGE)
  for (const part of [files, ...files.packages]) for (const file of part.macros) read(file, part.settings.name)

  const known = new Set(macros.keys())
  for (const macro of macros.values()) macro.macros = named(macro, files.settings.name, known)
  return new Map([...macros].sort(([left], [right]) => (left < right ? -1 : 1)))

  function read(file: SourceFile, packageName: string): void {
    for (const definition of definitionsOf(file, errors)) {
      const { kind, place } = definition
      if (kind === 'docs') continue
      // A package's materialization is refused only where a node uses it.
      if (kind === 'materialization' && packageName !== files.settings.name) continue
      if (kind !== 'macro' && kind !== 'test') {
        const hint = kind === 'snapshot' ? 'Move it to snapshots/.' : 'Use one of the built-in materializations instead.'
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

/** The package that defines a materialization of that name. */
export function packageWith({ packages }: ProjectFiles, materialization: string): string | undefined {
  const pattern = new RegExp(`\\{%-?\\s*materialization\\s+${materialization.replace(/\W/g, '\\$&')}\\b`)
  return packages.find(({ macros }) => macros.some(({ text }) => pattern.test(text)))?.settings.name
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

// Macro names in the text: bare, with a package before them, or by adapter.dispatch('x'), which may call default__x and postgres__x.
function named({ uniqueId, packageName, text }: Macro, project: string, known: Set<string>): string[] {
  const found = new Set<string>()
  const add = (packages: (string | undefined)[], name: string | undefined): void => {
    const id = packages.map(pack => `macro.${pack}.${name}`).find(one => known.has(one))
    if (id !== undefined && id !== uniqueId) found.add(id)
  }
  for (const [, pack, name] of text.matchAll(/\b(?:([A-Za-z_]\w*)\.)?([A-Za-z_]\w*)\s*\(/g))
    add(pack === undefined ? [packageName, project, RUNNER_PACKAGE] : [pack], name)
  for (const [, name, namespace] of text.matchAll(
    /dispatch\(\s*(?:macro_name\s*=\s*)?['"](\w+)['"]\s*(?:,\s*(?:macro_namespace\s*=\s*)?['"](\w+)['"])?/g,
  ))
    for (const form of [`postgres__${name}`, `default__${name}`]) add([project, namespace, packageName, RUNNER_PACKAGE], form)
  return [...found]
}
