import { ProjectError } from '../base/errors.ts'
import { hasRelation, type Node } from './node.ts'

/** The error for a relation name that is too long: PostgreSQL would truncate it silently. */
export function nameTooLong(node: Node): ProjectError | undefined {
  const { alias, place } = node
  const bytes = Buffer.byteLength(alias)
  if (!hasRelation(node) || bytes <= LONGEST) return undefined
  return new ProjectError(`The relation name '${alias}' has ${bytes} bytes, PostgreSQL takes ${LONGEST}`, {
    place,
    hint: "Give it a shorter name with the config 'alias'.",
  })
}

const LONGEST = 63
