import type { Rendered } from '../base/codeframe.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import { controlsTransaction, type Statement, statementsOf } from '../database/split-statements.ts'
import type { Node } from '../manifest/node.ts'

/** The model's SQL if it is one query; an error before it runs if it is several, or would end the build's transaction. */
export function oneQuery(node: Node, compiled: Rendered): Rendered {
  const statements = statementsOf(compiled.text)
  const [query, second] = statements
  if (!query)
    throw new ProjectError('The model has no SQL', { place: node.place, hint: 'Write the SELECT that says what the relation holds.' })
  const control = statements.find(controlsTransaction)
  if (control) throw forbidden(control, compiled, node.place)
  if (second) {
    throw new ProjectError('A model is one SELECT, but here begins a second statement', {
      place: compiled.placeAt(second.offset),
      hint: 'Put statements that go before or after it into pre_hook or post_hook.',
    })
  }
  if (!/^(select|with|values|table)\b/.test(query.verb)) {
    throw new ProjectError(`A model is one SELECT, but this begins with ${query.verb.split(/\s/)[0]?.toUpperCase() ?? 'something else'}`, {
      place: compiled.placeAt(query.offset),
      hint: 'Say only what the relation should hold; its config says how it gets there.',
    })
  }
  return { ...compiled, text: query.text, placeAt: offset => compiled.placeAt(offset + query.offset) }
}

/** The error for a statement that would end the build's transaction. */
export function forbidden(statement: Statement, rendered: Rendered, otherwise: Place): ProjectError {
  return new ProjectError(
    `${statement.verb.toUpperCase()} is not for models and hooks: a build is one transaction, which only the build itself ends`,
    { place: rendered.placeAt(statement.offset) ?? otherwise, hint: 'Take it out.' },
  )
}
