import { ProjectError } from '../../run/base/errors.ts'
import type { PlaceOf } from './configfile.ts'
import type { Entry, SourceConfig } from './source-config.ts'

/** Checks what a schema cannot: entries that contradict each other or themselves. */
export function checkEntries(config: SourceConfig, fileName: string, placeOf: PlaceOf): ProjectError[] {
  const errors: ProjectError[] = []
  const fail = (message: string, hint: string, path: (string | number)[], key?: string) =>
    errors.push(new ProjectError(message, { place: placeOf(path, key), hint }))

  if (config.source !== fileName) fail(`Source '${config.source}' in the file ${fileName}.yml`, 'Give both the same name.', [], 'source')
  for (const [, name] of config.base.matchAll(/\{([^}]*)\}/g))
    if (!Object.hasOwn(config.variables, name!)) fail(`Unknown variable {${name}} in 'base'`, `Add '${name}' to 'variables'.`, [], 'base')
  if (config.secret.send === 'header' && !config.secret.header)
    fail("Missing 'header' in 'secret'", "Name the header, or use 'send: basic'.", ['secret'])

  config.entities.forEach((entry, index) => {
    const before = config.entities.slice(0, index)
    for (const [key, message, hint] of faultsOf(entry, before)) fail(message, hint, ['entities', index], key)
  })
  return errors
}

type Fault = [key: string, message: string, hint: string]

function faultsOf(entry: Entry, before: Entry[]): Fault[] {
  const { entity, part, path, paginator, page_size, parent, query, window, slices } = entry
  const faults: Fault[] = []
  const add = (...fault: Fault) => faults.push(fault)
  const isDetail = parent !== undefined

  if (before.some(other => other.entity === entity && other.part === part))
    add('entity', `Two entries fill the part '${part}' of ${entity}`, "Give the second one another 'part'.")
  if (isDetail !== (paginator === 'none'))
    add(
      'paginator',
      `Paginator '${paginator}' ${isDetail ? "cannot be combined with 'parent'" : "needs a 'parent'"}`,
      "A list needs 'link-page' or 'next-token'; one record for each id of a parent needs 'none'.",
    )
  if (isDetail !== path.includes('{id}'))
    add(
      'path',
      `Path ${path} ${isDetail ? 'has no {id}' : "has {id}, but the entry has no 'parent'"}`,
      "{id} is replaced by each id of the 'parent'.",
    )
  if (!isDetail && !page_size)
    add('entity', `Missing 'page_size' of the list ${entity}`, 'Give the parameter and the largest value that the API allows.')
  if (/\/(pan|pan-jwt|cvv)(\/|$)/i.test(path)) add('path', `Path ${path} returns card numbers`, 'The extractor never requests them.')
  for (const { entity: named } of parent ? [parent, ...parent.also] : [])
    if (!before.some(other => other.entity === named))
      add('parent', `Parent ${named} of ${entity} is not defined above it`, 'Move its entry above this one.')
  if (parent && part === 'all' && before.some(other => other.entity === entity))
    add('part', `Part 'all' of ${entity} is used by two entries`, "Give this entry a 'part' of its own.")
  for (const cut of [window, slices])
    if (cut && Object.hasOwn(query, cut.parameter))
      add('query', `Parameter '${cut.parameter}' is set by both 'query' and a window`, 'Remove it from the query.')
  if (slices && !window)
    add('slices', `'slices' of ${entity} needs a 'window'`, 'Changes made during the walk are fetched with the next window.')
  return faults
}
