import type { Place } from '../base/errors.ts'

/** A template's text, with the places of its offsets. Line breaks are normalised to \n, as in Jinja. */
export interface Source {
  readonly file: string
  readonly text: string
  /** Start of the text in its file, 1-based: an expression inside a YAML value does not start at 1:1. */
  readonly line: number
  readonly column: number
  /** Offsets of the line starts, computed at first use. */
  starts: number[] | undefined
}

export function createSource(text: string, file: string, line = 1, column = 1): Source {
  return { file, text: text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text, line, column, starts: undefined }
}

/** File, line and column of an offset; columns count UTF-16 units. */
export function placeAt(source: Source, offset: number): Place {
  source.starts ??= lineStarts(source.text)
  const index = lastNotAbove(source.starts, offset)
  const column = offset - (source.starts[index] ?? 0) + 1
  return { file: source.file, line: source.line + index, column: index === 0 ? column + source.column - 1 : column }
}

/** The index of the last number that is not above the target, in an ascending list whose first number is not above it. */
export function lastNotAbove(ascending: number[], target: number): number {
  let low = 0
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((ascending[middle] as number) <= target) low = middle
    else high = middle - 1
  }
  return low
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
