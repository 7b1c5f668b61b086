import type { Rendered } from '../base/codeframe.ts'
import { type Place, ProjectError } from '../base/errors.ts'
import { controlsTransaction, type Statement, statementsOf } from '../database/split-statements.ts'
import type { Node } from '../manifest/node.ts'

/**
 * The SQL of a model or of a report's figure, if it is one query. Throws before it runs if there are several, or if it would end the
 * build's transaction.
 */
export function oneQuery(node: Node, compiled: Rendered): Rendered {
  const isFigure = node.resourceType === 'report'
  const what = isFigure ? 'figure' : 'model'
  const statements = statementsOf(compiled.text)
  const [query, second] = statements
  if (!query)
    throw new ProjectError(`The ${what} has no SQL`, {
      place: node.place,
      hint: `Write a SELECT of what ${isFigure ? 'it shows' : 'the relation contains'}.`,
    })
  const control = statements.find(controlsTransaction)
  if (control) throw forbidden(control, compiled, node.place)
  if (second) {
    throw new ProjectError(`A ${what} must be one SELECT, but a second statement begins here`, {
      place: compiled.placeAt(second.offset),
      hint: isFigure ? 'Put it into a figure of its own.' : 'Put statements that go before or after it into pre_hook or post_hook.',
    })
  }
  if (!/^(select|with|values|table)\b/.test(query.verb)) {
    throw new ProjectError(
      `A ${what} must be a SELECT, but this begins with ${query.verb.split(/\s/)[0]?.toUpperCase() ?? 'something else'}`,
      {
        place: compiled.placeAt(query.offset),
        hint: isFigure
          ? 'Write only a SELECT of what it shows.'
          : 'Write only a SELECT of what the relation contains; the config determines how it is stored.',
      },
    )
  }
  return { ...compiled, text: query.text, placeAt: offset => compiled.placeAt(offset + query.offset) }
}

/** The error for a statement that would end the build's transaction. */
export function forbidden(statement: Statement, rendered: Rendered, otherwise: Place): ProjectError {
  return new ProjectError(`${statement.verb.toUpperCase()} is not allowed in models and hooks: a build is one transaction`, {
    place: rendered.placeAt(statement.offset) ?? otherwise,
    hint: 'Remove it.',
  })
}
