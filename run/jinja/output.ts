import type { Source } from './source.ts'

/**
 * Text that a template, macro or block has rendered, with where each piece of it comes from: template text as it stands in
 * the source, the printed value of an expression, or the output of a macro that was called at `at`.
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
  const segments = [...output.segments]
  while (segments.length > 0 && trimmed(segments, segments.length - 1, trimEnd)) segments.pop()
  while (segments.length > 0 && trimmed(segments, 0, trimStart)) segments.shift()
  return { ...output, segments }
}

/** Trims one segment in place; true when nothing is left of it. */
function trimmed(segments: Segment[], index: number, trim: (segment: Segment) => Segment): boolean {
  const segment = trim(segments[index] as Segment)
  segments[index] = segment
  return segment.type === 'output' ? segment.output.segments.length === 0 : segment.text === ''
}

function trimEnd(segment: Segment): Segment {
  if (segment.type !== 'output') return { ...segment, text: segment.text.trimEnd() }
  return { ...segment, output: trimOutput(segment.output) }
}

function trimStart(segment: Segment): Segment {
  if (segment.type === 'output') return { ...segment, output: trimOutput(segment.output) }
  const text = segment.text.trimStart()
  return { type: segment.type, text, at: segment.type === 'data' ? segment.at + segment.text.length - text.length : segment.at }
}
