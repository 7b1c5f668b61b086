import { type Node, type Project, RUNNER_PACKAGE } from '../manifest/node.ts'
import { literal, quote } from '../manifest/relation.ts'

/** What a generic test says of a table, in words that a constraint of the database can prove. */
export interface Claim {
  kind: 'not_null' | 'unique' | 'relationships' | 'accepted_values'
  /** `"db"."schema"."name"`. */
  relation: string
  column: string
  /** Of relationships: the other side. */
  to?: string
  field?: string
  /** Of accepted_values: the list as a CHECK has it. */
  values?: string
}

/**
 * What a test claims, if it is one of the runner's four generic tests on a column of a whole relation; undefined for all others: tests of
 * the project's own, expressions instead of a column, `where`, a macro of the project that changes what the test reads, a relation of
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
