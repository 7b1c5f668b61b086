import type { Source } from './source.ts'

/**
 * The rendered text of a template, macro or block, with the source of each piece: template text, the printed value of an expression, or the
 * output of a macro called at `at`.
 */
export interface Output {
  readonly kind: 'output'
  readonly source: Source
  readonly segments: Segment[]
}

export type Segment = { type: 'data' | 'value'; text: string; at: number } | { type: 'output'; output: Output; at: number }

export function createOutput(source: Source): Output {
  return { kind: 'output', source, segments: [] }
}

export function isOutput(value: unknown): value is Output {
  return typeof value === 'object' && value !== null && (value as { kind?: string }).kind === 'output'
}

export function outputText(output: Output): string {
  let text = ''
  for (const segment of output.segments) text += segment.type === 'output' ? outputText(segment.output) : segment.text
  return text
}

/** The output without the whitespace at its ends. */
export function trimOutput(output: Output): Output {
  return trimEnd(trimStart(output))
}

function trimStart(output: Output): Output {
  const segments = [...output.segments]
  while (segments[0]) {
    const first = trimSegment(segments[0], trimStart, text => text.trimStart())
    segments[0] = first
    if (!isEmpty(first)) break
    segments.shift()
  }
  return { ...output, segments }
}

function trimEnd(output: Output): Output {
  const segments = [...output.segments]
  for (let last = segments.pop(); last; last = segments.pop()) {
    const rest = trimSegment(last, trimEnd, text => text.trimEnd())
    if (isEmpty(rest)) continue
    segments.push(rest)
    break
  }
  return { ...output, segments }
}

function trimSegment(segment: Segment, inner: (output: Output) => Output, trim: (text: string) => string): Segment {
  if (segment.type === 'output') return { ...segment, output: inner(segment.output) }
  const text = trim(segment.text)
  return { type: segment.type, text, at: segment.type === 'data' ? segment.at + segment.text.indexOf(text) : segment.at }
}

function isEmpty(segment: Segment): boolean {
  return segment.type === 'output' ? segment.output.segments.length === 0 : segment.text === ''
}
