import { DECLARATIONS, declarationOf, declaredEntities, mistakesIn } from '../../loaders/declaration.ts'
import type { ProjectError } from '../base/errors.ts'
import type { Project } from '../manifest/node.ts'

/**
 * Describes the columns of each base model as the declaration of its entity does; what the YAML of the model says of a column stands. Gives the
 * mistakes of the declarations.
 */
export function describeEntities(project: Project): ProjectError[] {
  const mistakes = mistakesIn(DECLARATIONS)
  if (mistakes.length > 0) return mistakes
  for (const entity of declaredEntities()) {
    const base = project.nodes.get(`model.${project.name}.base_${entity}`)
    if (!base) continue
    const own = new Map(base.columns.map(column => [column.name, column]))
    for (const { column, description, isKept } of declarationOf(entity).fields) {
      const known = own.get(column)
      if (!known && isKept) base.columns.push({ name: column, description })
      else if (known && !known.description) known.description = description
    }
  }
  return []
}
