import { DECLARATIONS, declarationOf, declaredEntities, type Field, mistakesIn } from '../../loaders/declaration.ts'
import type { ProjectError } from '../base/errors.ts'
import type { Node, Project } from '../manifest/node.ts'

/**
 * Gives the columns of each base model the descriptions and the marks of personal data that the declaration of its entity has; a
 * description in the model's YAML wins. Gives the mistakes of the declarations.
 */
export function describeEntities(project: Project): ProjectError[] {
  const mistakes = mistakesIn(DECLARATIONS)
  if (mistakes.length > 0) return mistakes
  for (const entity of declaredEntities()) {
    const base = project.nodes.get(`model.${project.name}.base_${entity}`)
    if (!base) continue
    const own = new Map(base.columns.map(column => [column.name, column]))
    const { fields } = declarationOf(entity)
    for (const { column, description, isKept, personal } of fields) {
      const known = own.get(column)
      const mark = personal ? { meta: { ...known?.meta, personal } } : {}
      if (!known && isKept) base.columns.push({ name: column, description, ...mark })
      else if (known) Object.assign(known, { description: known.description || description }, mark)
    }
    for (const table of declarationOf(entity).ownErrors) markError(project.nodes.get(`model.${project.name}.${table}`), fields)
    markRecord(project.sources.get(`source.${project.name}.raw.${entity}`), fields)
  }
  return []
}

// The message and the record of an error may hold personal data; the kind of error does not.
function markError(errors: Node | undefined, fields: Field[]): void {
  for (const column of errors?.columns ?? []) {
    if (['error_id', 'severity', 'error_type', 'field'].includes(column.name)) column.meta = { ...column.meta, personal: 'none' }
    if (column.name === 'raw_record')
      column.meta = { ...column.meta, personal_paths: { ...(column.meta?.personal_paths as object), ...pathsOf(fields) } }
  }
}

// The same for the record as it landed.
function markRecord(raw: Node | undefined, fields: Field[]): void {
  const meta = { personal_paths: pathsOf(fields) }
  if (!raw || Object.keys(meta.personal_paths).length === 0) return
  for (const name of ['record', 'readable']) {
    const known = raw.columns.find(column => column.name === name)
    if (known) known.meta = { ...known.meta, ...meta }
    else raw.columns.push({ name, description: '', meta })
  }
}

function pathsOf(fields: Field[]): Record<string, string> {
  return Object.fromEntries(fields.flatMap(({ path, personal }) => (personal ? [[path.join('.'), personal] as const] : [])))
}
