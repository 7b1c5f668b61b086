import { ProjectError } from '../../run/errors.ts'
import type { Entry, SourceConfig } from './config.ts'
import type { PlaceOf } from './configfile.ts'

/** What a schema cannot say: entries that contradict each other, or themselves. */
export function checkEntries(config: SourceConfig, fileName: string, placeOf: PlaceOf): ProjectError[] {
  const errors: ProjectError[] = []
  const fail = (message: string, hint: string, path: (string | number)[], key?: string) =>
    errors.push(new ProjectError(message, { place: placeOf(path, key), hint }))

  if (config.source !== fileName)
    fail(`The source is called '${config.source}' in the file ${fileName}.yml`, 'Give both one name.', [], 'source')
  for (const [, name] of config.base.matchAll(/\{([^}]*)\}/g))
    if (!Object.hasOwn(config.variables, name!))
      fail(`The base has {${name}}, which no variable gives`, `Add '${name}' to 'variables'.`, [], 'base')
  if (config.secret.send === 'header' && !config.secret.header)
    fail('The secret is sent in a header without a name', "Add 'header' to 'secret'.", ['secret'])

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
      `The paginator '${paginator}' goes ${isDetail ? 'with lists' : "with a 'parent'"}`,
      "A list needs 'link-page' or 'next-token'; one record for each id of a parent needs 'none'.",
    )
  if (isDetail !== path.includes('{id}'))
    add('path', `The path ${path} ${isDetail ? 'has no {id}' : "has {id} without a 'parent'"}`, "{id} stands for each id of the 'parent'.")
  if (!isDetail && !page_size)
    add('entity', `The list ${entity} has no 'page_size'`, 'Name the parameter and the largest value that the API allows.')
  if (/\/(pan|pan-jwt|cvv)(\/|$)/i.test(path)) add('path', `The path ${path} gives card numbers`, 'The extractor never asks for them.')
  for (const { entity: named } of parent ? [parent, ...parent.also] : [])
    if (!before.some(other => other.entity === named))
      add('parent', `The parent ${named} of ${entity} comes later or not at all`, 'Move its entry above this one.')
  if (parent && part === 'all' && before.some(other => other.entity === entity))
    add('part', `The records of ${entity} would lie among the pages of another part`, "Give this entry a 'part' of its own.")
  for (const cut of [window, slices])
    if (cut && Object.hasOwn(query, cut.parameter))
      add('query', `The parameter '${cut.parameter}' is set by 'query' and by a window`, 'Leave it out of the query.')
  if (slices && !window)
    add('slices', `The slices of ${entity} need a 'window'`, 'What changes while they are walked comes with the next window.')
  return faults
}
