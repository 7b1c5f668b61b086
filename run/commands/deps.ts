import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSeq, parseDocument } from 'yaml'
import { ProjectError } from '../base/errors.ts'
import { isYamlMap, type Yaml } from '../base/yaml.ts'
import type { Command } from '../cli/command.ts'
import { fromJs, type JinjaFunction, parseTemplate, renderValue, type Scope, str, toJs } from '../jinja/template.ts'
import { installPackages } from '../packages/install.ts'
import { PACKAGE_FILES } from '../project/package-files.ts'
import { readProjectFile } from '../project/settings.ts'

/** Installs the packages of packages.yml: all of them, or after an error none. */
export async function depsCommand({ options, report }: Command): Promise<number> {
  const { dir, settings } = await readProjectFile(options.projectDir)
  report.textOf = file => (existsSync(join(dir, file)) ? readFileSync(join(dir, file), 'utf8') : undefined)
  if (options.addPackage) addPackage(dir, options.addPackage, options.source ?? 'hub')
  const count = await installPackages({
    root: dir,
    into: settings.packagesPath,
    env: process.env,
    render: rendererOf({ ...settings.vars, ...options.vars }),
    lockOnly: options.lock ?? false,
    upgrade: options.upgrade ?? false,
    say: message => report.note(message),
  })
  if (count === 0) report.note('No packages were found in packages.yml')
  else if (options.lock) report.note(`Wrote package-lock.yml: ${count === 1 ? 'one package' : `${count} packages`}`)
  return 0
}

// Renders packages.yml, which may use var() and env_var(), also for secrets.
function rendererOf(vars: Record<string, unknown>): (value: Yaml) => Yaml {
  const lookUp =
    (what: string, values: Record<string, unknown>): JinjaFunction =>
    args => {
      const found = values[str(args[0] ?? '')]
      if (found !== undefined) return fromJs(found)
      if (args[1] !== undefined) return args[1]
      throw new ProjectError(`${what}('${str(args[0] ?? '')}') has no value`, { hint: 'Set it, or give a default.' })
    }
  const names: Record<string, JinjaFunction> = { env_var: lookUp('env_var', process.env), var: lookUp('var', vars) }
  const scope: Scope = { get: name => (Object.hasOwn(names, name) ? names[name] : undefined), keys: () => Object.keys(names) }
  const render = (value: Yaml): Yaml => {
    if (typeof value === 'string')
      return value.includes('{{') ? (toJs(renderValue(parseTemplate(value, 'packages.yml'), scope)) as Yaml) : value
    if (Array.isArray(value)) return value.map(render)
    return isYamlMap(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, render(item)])) : value
  }
  return render
}

/** Writes a package into packages.yml, or replaces its entry there: `dbt-labs/dbt_utils@1.3.0`. */
function addPackage(dir: string, written: string, source: string): void {
  const [, name = '', version] = /^(.+?)(?:@([^@/]+))?$/.exec(written) ?? []
  if (source === 'hub' && version === undefined)
    throw new ProjectError(`--add-package ${written} has no version`, { hint: 'Write dbt-labs/dbt_utils@">=1.0.0,<2.0.0".' })
  const file = join(dir, PACKAGE_FILES.find(name => existsSync(join(dir, name))) ?? 'packages.yml')
  const document = parseDocument(existsSync(file) ? readFileSync(file, 'utf8') : 'packages: []\n')
  const key = source === 'hub' ? 'package' : source
  const parts = version?.split(',').map(part => part.trim()) ?? []
  const value = parts.length > 1 ? parts : parts[0]
  const entry = { [key]: name, ...(value === undefined ? {} : { [source === 'git' ? 'revision' : 'version']: value }) }
  const list = document.get('packages')
  if (isSeq(list)) {
    list.flow = false
    const others = (list.toJSON() as Record<string, unknown>[]).map(item => item?.[key])
    const at = others.indexOf(name)
    if (at >= 0) list.delete(at)
    list.add(document.createNode(entry))
  } else document.set('packages', document.createNode([entry]))
  writeFileSync(file, String(document))
}
