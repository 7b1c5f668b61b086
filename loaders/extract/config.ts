import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { ProjectError, ProjectErrors } from '../../run/errors.ts'
import { checkEntries } from './configchecks.ts'
import { readChecked } from './configfile.ts'

/** What is asked of one API: a YAML file beside this one, in its own keys. source.schema.json says what each may hold, and its default. */
export interface SourceConfig {
  source: string
  modelled: boolean
  base: string
  variables: Record<string, Variable>
  secret: { env: string; send: 'basic' | 'header'; header?: string }
  calls_per_minute: number
  slow_below: number
  timeout_seconds: number
  tries: number
  retry_budget: number
  codes: Record<string, CodeMeaning>
  preflight?: { path: string; id_field: string; shows: string[]; expects?: Record<string, string> }
  vanished: { share: number; count: number }
  shrink: { below: number; action: 'warn' | 'fail' }
  entities: Entry[]
}

/** A part of the address that the environment gives. */
export interface Variable {
  env: string
  values?: string[]
  default?: string
}

/** What a code in an answer's body means. */
export type CodeMeaning = 'again' | 'next-hour' | 'refused'

/** One walk: a list, or a record for each id of a parent. Several entries may fill one entity, each a part of its own. */
export interface Entry {
  entity: string
  part: string
  enabled: boolean
  required: boolean
  path: string
  query: Record<string, string>
  paginator: 'link-page' | 'next-token' | 'none'
  page_size?: { parameter: string; value: number }
  records_at: string
  id_field: string
  rows_are: Record<string, string>
  walk_again: boolean
  max_pages: number
  on_404: 'stop' | 'skip'
  needs?: string
  parent?: Named & { also: Named[] }
  window?: { field: string; parameter: string; from: string; lookback_days: number; full_every_days: number }
  slices?: { field: string; parameter: string; from: string; to: string }
}

/** Fields of an entity's records that hold ids. */
export interface Named {
  entity: string
  id_fields: string[]
}

/** The sources that there are, by name, with those that no model reads last. */
export function sourceNames(folder: string = import.meta.dirname): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.yml'))
    .map(name => basename(name, '.yml'))
    .sort()
}

/** The named sources, or all that models read. Throws ProjectErrors with the places of what is wrong in their files. */
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

// Two sources that fill one folder would overwrite each other's pages.
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
