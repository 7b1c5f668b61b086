import { type Node, type Project, RUNNER_PACKAGE } from '../manifest/node.ts'
import { literal, quote } from '../manifest/relation.ts'

/** The claim of a generic test about a table, in a form that a constraint of the database can prove. */
export interface Claim {
  kind: 'not_null' | 'unique' | 'relationships' | 'accepted_values'
  /** `"db"."schema"."name"`. */
  relation: string
  column: string
  /** For relationships: the other relation. */
  to?: string
  field?: string
  /** For accepted_values: the list, as in a CHECK. */
  values?: string
}

/**
 * The claim of a test that is one of the runner's four generic tests on a column of a whole relation; undefined for all others: the
 * project's own tests, expressions instead of a column, `where`, a macro of the project that changes what the test reads, a relation of
 * another database.
 */
export function claimOf(project: Project, node: Node): Claim | undefined {
  const { generic = '', attachedTo = '', column: own, arguments: given = {} } = node.test ?? {}
  const kind = KINDS.find(one => one === generic)
  const isPlain = node.macros.every(id => id.startsWith(`macro.${RUNNER_PACKAGE}.`)) && !node.config.where
  const relation = relationNameOf(project, attachedTo)
  const column = String(own ?? given.column_name ?? '')
  if (!kind || !isPlain || relation === undefined || !isName(column)) return undefined
  if (kind === 'relationships') {
    const other = node.dependsOn.filter(id => id !== attachedTo)
    const to = other.length > 1 ? undefined : relationNameOf(project, other[0] ?? attachedTo)
    const field = String(given.field ?? '')
    return to === undefined || !isName(field) ? undefined : { kind, relation, column, to, field }
  }
  if (kind === 'accepted_values') {
    const { values, quote: isQuoted = true } = given
    if (isQuoted !== true || !Array.isArray(values) || !values.every(value => typeof value === 'string' && !/[{\\]/.test(value)))
      return undefined
    return { kind, relation, column, values: values.map(value => `${literal(value)}::text`).join(', ') }
  }
  return { kind, relation, column }
}

const KINDS = ['not_null', 'unique', 'relationships', 'accepted_values'] as const

function relationNameOf({ nodes, sources, target }: Project, id: string): string | undefined {
  const node = nodes.get(id) ?? sources.get(id)
  if (!node || node.config.materialized === 'ephemeral' || node.database !== target.database) return undefined
  return [node.database, node.schema, node.alias].map(quote).join('.')
}

function isName(text: string): boolean {
  return /^("[^"]+"|[a-z_]\w*)$/i.test(text)
}
