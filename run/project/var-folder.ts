import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Place, ProjectError } from '../base/errors.ts'
import { readYaml, type Yaml } from '../base/yaml.ts'

/**
 * A variable that is a folder (`var-paths:` of dbt_project.yml): a mapping with a key for each YAML file in it, ordered by name. It keeps
 * long data out of dbt_project.yml, and other programs can read the files, too.
 */
export async function readVarFolder(
  root: string,
  folder: string,
  place: Place,
  texts: Map<string, string>,
  errors: ProjectError[],
): Promise<Record<string, Yaml>> {
  const names = await readdir(path.join(root, folder)).catch(() => undefined)
  if (names === undefined) {
    errors.push(new ProjectError(`There is no folder ${folder}`, { place, hint: 'Correct var-paths: it must list folders of YAML files.' }))
    return {}
  }
  const found: Record<string, Yaml> = {}
  for (const name of names.filter(name => name.endsWith('.yml')).sort()) {
    const file = path.posix.join(folder, name)
    const text = await readFile(path.join(root, file), 'utf8')
    texts.set(file, text)
    found[path.basename(name, '.yml')] = readYaml(text, file, errors)
  }
  return found
}
