import { remedyOf } from './error-hints.ts'
import { type Place, type PostgresError, ProjectError, ProjectErrors } from './errors.ts'

/** `file:line:column: message`, the source line with a caret, the macro calls and the hint; several errors one after the other. */
export function formatProblem(error: ProjectError | ProjectErrors, textOf: (file: string) => string | undefined): string {
  if (error instanceof ProjectErrors) return error.errors.map(one => formatProblem(one, textOf)).join('\n\n')
  const { place, message, callers, hint } = error
  const lines = [place ? `${placeText(place)}: ${message}` : message]
  if (place) lines.push(...frame(place, textOf))
  for (const caller of callers)
    lines.push(`  ${caller.macro === undefined ? 'called from' : `in the macro ${caller.macro}, called from`} ${placeText(caller)}`)
  if (hint) lines.push(...hint.split('\n').map(line => `  → ${line}`))
  return lines.join('\n')
}

/** `file:line:column`, or as much as is known. */
export function placeText({ file, line, column }: Place): string {
  return [file, line, column].filter(part => part !== undefined).join(':')
}

/** The source line and the one before it, with a caret under the column. */
export function frame({ file, line, column }: Place, textOf: (file: string) => string | undefined): string[] {
  const source = line === undefined ? undefined : textOf(file)
  if (source === undefined || line === undefined) return []
  const lines = source.split(/\r\n|\n|\r/)
  const at = lines[line - 1]
  if (at === undefined) return []
  const width = Math.max(4, String(line).length + 1)
  const before = line > 1 && lines[line - 2]!.trim() !== '' ? [row(line - 1, lines[line - 2]!)] : []
  if (column === undefined) return [...before, row(line, at)]
  const pad = at.slice(0, column - 1).replace(/[^\t]/g, ' ')
  return [...before, row(line, at), `${' '.repeat(width)} | ${pad}^`]

  function row(number: number, content: string): string {
    return `${String(number).padStart(width)} | ${content}`.trimEnd()
  }
}

/**
 * Explains an error of PostgreSQL in a rendered statement, at the analyst's own line. `offset` is the number of characters of the statement
 * before `rendered.text`; a position outside of the text gets the place of its nearest end.
 */
export function explainPostgres(error: PostgresError, rendered: Rendered, offset = 0): ProjectError {
  const position = error.position === undefined || error.position === '' ? undefined : Number(error.position)
  const at = position === undefined ? 0 : charactersIn(rendered.text, position - 1 - offset)
  const place = rendered.placeAt(at)
  const callers = position === undefined ? [] : rendered.callersAt(at)
  const details = [error.detail, error.where?.split('\n')[0]].filter(part => part !== undefined && part !== '')
  const hint = error.hint || remedyOf(error)
  const message = [`${error.message}${error.code ? ` (${error.code})` : ''}`, ...details.map(detail => `  ${detail}`)].join('\n')
  return new ProjectError(message, {
    place: position === undefined ? { file: place.file } : place,
    callers,
    hint,
  })
}

// PostgreSQL counts characters, JavaScript UTF-16 units.
function charactersIn(text: string, characters: number): number {
  if (characters <= 0) return 0
  let index = 0
  for (let count = 0; count < characters && index < text.length; count++) index += text.codePointAt(index)! > 0xffff ? 2 : 1
  return Math.min(index, Math.max(0, text.length - 1))
}

/** The result of rendering. */
export interface Rendered {
  readonly text: string
  /** The place in the project's files that the character at this offset comes from. */
  placeAt(offset: number): Place
  /** The places of the macro calls that gave this character, innermost first. */
  callersAt(offset: number): Place[]
}

/** `models/core/_core.yml:12`. */
export function fileAndLine(place: Place): string {
  return place.line === undefined ? place.file : `${place.file}:${place.line}`
}
