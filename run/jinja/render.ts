import type { Rendered } from '../base/codeframe.ts'
import type { Place } from '../base/errors.ts'
import { type Output, outputText } from './output.ts'
import { lastNotAbove, placeAt, type Source } from './source.ts'

/** The text of an output, with functions that find places; computes nothing before the first call. */
export function renderedOf(output: Output): Rendered {
  const text = outputText(output)
  let leaves: Leaf[] | undefined
  let starts: number[] = []
  const leafAt = (offset: number): Leaf | undefined => {
    if (!leaves) {
      leaves = []
      collect(output, [], 0, leaves)
      starts = leaves.map(leaf => leaf.start)
    }
    return leaves[lastNotAbove(starts, offset)]
  }
  return {
    text,
    placeAt: offset => {
      const leaf = leafAt(offset)
      return leaf ? placeAt(leaf.source, leaf.literal ? leaf.at + offset - leaf.start : leaf.at) : placeAt(output.source, 0)
    },
    callersAt: offset => leafAt(offset)?.callers ?? [],
  }
}

interface Leaf {
  start: number
  source: Source
  at: number
  literal: boolean
  callers: Place[]
}

function collect(output: Output, callers: Place[], from: number, leaves: Leaf[]): number {
  let start = from
  for (const segment of output.segments) {
    if (segment.type === 'output') start = collect(segment.output, [placeAt(output.source, segment.at), ...callers], start, leaves)
    else if (segment.text !== '') {
      leaves.push({ start, source: output.source, at: segment.at, literal: segment.type === 'data', callers })
      start += segment.text.length
    }
  }
  return start
}
