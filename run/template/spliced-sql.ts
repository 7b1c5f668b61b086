import type { Place } from '../base/errors.ts'
import type { Rendered } from '../jinja/template.ts'

/** A part of a text: rendered, or plain text with one place. */
export type Piece = { text: string; place: Place } | { rendered: Rendered; from: number; to: number }

/** SQL with CTEs before it: inserted after its own leading WITH, or with a new WITH before its first word, as in dbt. */
export function joinCtes(sql: Rendered, ctes: { name: string; cte: Rendered }[]): Rendered {
  const { at, found } = leadingWith(sql.text)
  const place = sql.placeAt(at)
  const pieces: Piece[] = [{ rendered: sql, from: 0, to: at }]
  for (const [index, { name, cte }] of ctes.entries())
    pieces.push(
      { text: `${index === 0 ? (found ? '' : 'with') : ','} ${name} as (\n`, place },
      { rendered: cte, from: 0, to: cte.text.length },
      { text: '\n)', place },
    )
  pieces.push({ text: found ? ', ' : ' ', place }, { rendered: sql, from: at, to: sql.text.length })
  return piecesOf(pieces)
}

/** Joins several parts to one rendered text; each keeps its places. */
export function piecesOf(pieces: Piece[]): Rendered {
  const starts: number[] = []
  let text = ''
  for (const piece of pieces) {
    starts.push(text.length)
    text += 'rendered' in piece ? piece.rendered.text.slice(piece.from, piece.to) : piece.text
  }
  const at = (offset: number): [Piece, number] => {
    let index = starts.length - 1
    while (index > 0 && starts[index]! > offset) index--
    return [pieces[index]!, offset - starts[index]!]
  }
  return {
    text,
    placeAt: offset => {
      const [piece, inside] = at(offset)
      return 'rendered' in piece ? piece.rendered.placeAt(piece.from + inside) : piece.place
    },
    callersAt: offset => {
      const [piece, inside] = at(offset)
      return 'rendered' in piece ? piece.rendered.callersAt(piece.from + inside) : []
    },
  }
}

// Where CTEs are inserted: after WITH [RECURSIVE], else before the first word. Leading comments are skipped.
function leadingWith(sql: string): { at: number; found: boolean } {
  const blank = /(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/y
  blank.exec(sql)
  const start = blank.lastIndex
  const word = /with\b(?:(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+recursive\b)?/iy
  word.lastIndex = start
  return word.test(sql) ? { at: word.lastIndex, found: true } : { at: start, found: false }
}
