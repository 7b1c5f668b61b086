import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ProjectError, ProjectErrors } from '../../run/base/errors.ts'
import { checkEntries } from './configchecks.ts'
import { readChecked } from './configfile.ts'
import type { SourceConfig } from './source-config.ts'

/** The names of all sources, those that no model reads last. */
export function sourceNames(folder: string = import.meta.dirname): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yml'))
    .map(name => basename(name, '.yml'))
    .sort()
}

/** The named sources, or all that models read. Throws ProjectErrors with the places of mistakes in their files. */
export function readSources(names: readonly string[], folder: string = import.meta.dirname): SourceConfig[] {
  const known = sourceNames(folder)
  for (const name of names)
    if (!known.includes(name)) throw new ProjectError(`Unknown source '${name}'`, { hint: `The sources are ${known.join(', ')}.` })
  const wanted = names.length > 0 ? [...new Set(names)] : known
  const sources = wanted.map(name => readSource(join(folder, `${name}.yml`)))
  const asked = names.length > 0 ? sources : sources.filter(({ modelled }) => modelled)
  refuseSharedFolders(asked)
  return asked
}

/** One source. Throws ProjectErrors. */
export function readSource(file: string): SourceConfig {
  const { value, placeOf, errors } = readChecked(readFileSync(file, 'utf8'), relative(process.cwd(), file))
  if (errors.length === 0) errors.push(...checkEntries(value as SourceConfig, basename(file, '.yml'), placeOf))
  if (errors.length > 0) throw new ProjectErrors(errors)
  return value as SourceConfig
}

// Throws for two sources with one folder: they would overwrite each other's pages.
function refuseSharedFolders(sources: SourceConfig[]): void {
  const owners = new Map<string, string>()
  for (const { source, entities } of sources)
    for (const { entity } of entities) {
      const owner = owners.get(entity) ?? source
      if (owner !== source)
        throw new ProjectError(`Sources ${owner} and ${source} both fill the folder ${entity}`, {
          hint: 'Rename the entity in one of their YAML files.',
        })
      owners.set(entity, owner)
    }
}
