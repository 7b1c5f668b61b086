import { declarationOf } from '../../loaders/declaration.ts'
import { MASK, maskRecord } from '../docs/personal.ts'
import type { DocsErrorExample } from '../docs/shape.ts'

/** An error with contacts and free text of people masked: those that the entities declare, in the record and where the message tells the value. */
export function withoutPersonal(example: DocsErrorExample, entities: string[]): DocsErrorExample {
  const { field, message, record } = example
  const paths = entities.flatMap(entity =>
    declarationOf(entity).fields.flatMap(({ path, personal }) => (personal && personal !== 'name' ? [path.join('.')] : [])),
  )
  const isPersonal = field !== null && paths.some(path => field === path || field.startsWith(`${path}.`) || path.startsWith(`${field}.`))
  return {
    ...example,
    message: isPersonal ? maskedMessage(message, field) : message,
    record: record === null ? null : maskRecord(record, paths),
  }
}

/** `email is "a@b": should be …` without the value; where the rest does not begin with a whole JSON text, the rest goes too. */
function maskedMessage(message: string, field: string): string {
  const start = `${field} is `
  if (!message.startsWith(start)) return MASK
  const value = /^(?:"(?:[^"\\]|\\.)*"|[-\w.]+)(?=: )/.exec(message.slice(start.length))
  return value ? `${start}${MASK}${message.slice(start.length + value[0].length)}` : `${start}${MASK}`
}
