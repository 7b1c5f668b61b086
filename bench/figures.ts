/** The median; of an even number of values the mean of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** `1.24`, and for several values `1.24 (1.20–1.31)`: the median, the least and the greatest. */
export function spread(values: readonly number[], digits?: number): string {
  if (values.length === 0) return '–'
  const middle = decimal(median(values), digits)
  return values.length === 1 ? middle : `${middle} (${decimal(Math.min(...values), digits)}–${decimal(Math.max(...values), digits)})`
}

/** A number with a readable number of digits: `0.412`, `7.31`, `45.2`, `1,204`. */
export function decimal(value: number, digits = value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A whole number with commas: `1,000,000`. */
export const whole = (value: number) => Math.round(value).toLocaleString('en-US')

/** `0.72 ×` */
export const times = (value: number) => `${decimal(value, 2)} ×`

/** The ratio of the medians. */
export const ratio = (values: readonly number[], floor: readonly number[]) => median(values) / median(floor)
