import { ProjectError } from '../base/errors.ts'
import { hasContract } from './contract.ts'
import type { Constraint, Node } from './node.ts'

/** The constraints of a node's contract, columns' first; a mistake in them is an error with the contract's place. */
export function constraintsOf(node: Node): { constraint: Constraint; columns: string[] }[] {
  const ofColumns = node.columns.flatMap(column => (column.constraints ?? []).map(constraint => ({ constraint, columns: [column.name] })))
  const ofTable = node.constraints.map(constraint => ({ constraint, columns: constraint.columns ?? [] }))
  for (const { constraint, columns } of [...ofColumns, ...ofTable]) {
    const { type, expression, to } = constraint
    const fail = (message: string, hint: string): ProjectError =>
      new ProjectError(`A constraint of ${node.name} ${message}`, { place: node.patch ?? node.place, hint })
    if (type === 'custom') throw fail('is of type custom, which is not supported', 'Use a post-hook with alter table instead.')
    if (!types.includes(type)) throw fail(`has the type '${type}'`, `Expected one of ${types.join(', ')}.`)
    if (type === 'check' && !expression) throw fail('is a check without an expression', 'Add expression: a condition over the columns.')
    if (type === 'foreign_key' && !expression && !to)
      throw fail('is a foreign key without a target', "Add to: ref('…') and to_columns: […].")
    if (type !== 'check' && columns.length === 0) throw fail(`(${type}) names no columns`, 'Add columns: […].')
  }
  return [...ofColumns, ...ofTable]
}

/** The constraints that name another node, as `to: ref('…')`. */
export function referencesOf(node: Node): { constraint: Constraint }[] {
  if (!hasContract(node)) return []
  const all = [...node.columns.flatMap(column => column.constraints ?? []), ...node.constraints].map(constraint => ({ constraint }))
  return all.filter(({ constraint }) => /^(ref|source)\s*\(/.test(constraint.to ?? ''))
}

export const types = ['not_null', 'unique', 'primary_key', 'foreign_key', 'check']
