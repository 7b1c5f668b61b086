import type { Series } from './drawing.ts'

/** Start and end of each value of each series when stacked: upwards above zero, downwards below. */
export type Spans = [from: number, to: number][][]

/** Stacks the series. */
export function stacked(series: Series[], many: number): Spans {
  const [up, down] = [new Array<number>(many).fill(0), new Array<number>(many).fill(0)]
  return series.map(({ values }) =>
    values.map((value, at): [number, number] => {
      if (value === null || value === 0) return [up[at]!, up[at]!]
      if (value > 0) {
        up[at]! += value
        return [up[at]! - value, up[at]!]
      }
      down[at]! += value
      return [down[at]!, down[at]! - value]
    }),
  )
}

/** Positions of labels, as near to the wanted ones as their distance and the range allow. */
export function labelled(wanted: number[], distance: number, [low, high]: [number, number]): number[] {
  const order = wanted.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place)
  for (const [at, one] of order.entries()) if (at > 0) one.place = Math.max(one.place, order[at - 1]!.place + distance)
  let limit = high
  for (const one of order.toReversed()) {
    one.place = Math.min(one.place, limit)
    limit = one.place - distance
  }
  const surplus = low - (order[0]?.place ?? low)
  const found: number[] = []
  for (const { place, index } of order) found[index] = surplus > 0 ? place + surplus : place
  return found
}

/** The labels that are written, of `many` that are `step` pixels apart and need `room`: the first, and those that fit after it. */
export function visibleLabels(many: number, step: number, room: number): number[] {
  const each = Math.max(1, Math.ceil(room / Math.max(step, 0.01)))
  return Array.from({ length: Math.ceil(many / each) }, (_, at) => at * each)
}
