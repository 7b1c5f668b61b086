import type { Seeds, Vars } from './seeds.ts'

/** A batch and its day, null when undated (R2). */
export interface Batch {
  name: string
  date: string | null
}

/** Whether a folder of the feed is a batch: names that begin with `_` or `.` are not (R1). */
export function isBatch(name: string): boolean {
  return !/^[_.]/.test(name)
}

/** The day of a batch: the seed, a date in the name, `…dayN`, else none (R2). */
export function datedBatch(name: string, seeds: Seeds, vars: Vars): Batch {
  const seed = seeds.sync_batches.find(row => row.batch === name)
  if (seed) return { name, date: seed.sync_date || null }
  const inName = dateIn(name)
  if (inName) return { name, date: inName }
  const day = /day(\d{1,5})$/.exec(name)?.[1]
  if (day) return { name, date: addDays(vars.first_sync_date ?? '2026-01-05', Number(day) - 1) }
  return { name, date: null }
}

/**
 * Whether each load and build that sees the batch reports it: undated, though its name contains a digit, and without a line in the seed
 * (R2).
 */
export function asksForDate({ name, date }: Batch, seeds: Seeds): boolean {
  return date === null && /\d/.test(name) && !seeds.sync_batches.some(row => row.batch === name)
}

/** Rank of two batches (R4), the lower first: undated below dated, then by day, then by name in natural order. */
export function compareBatches(a: Batch, b: Batch): number {
  return compareText(a.date ?? '', b.date ?? '') || natural(a.name, b.name)
}

/** Natural order of names: runs of digits count as numbers, `day2` before `day10`. */
export function natural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? []
  const right = b.match(/\d+|\D+/g) ?? []
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [l, r] = [left[i] ?? '', right[i] ?? '']
    const order = /^\d/.test(l) && /^\d/.test(r) ? Number(BigInt(l) - BigInt(r)) : compareText(l, r)
    if (order !== 0) return order
  }
  return left.length - right.length || compareText(a, b)
}

/** Order of two texts by code unit. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether `YYYY-MM-DD` is a day of the calendar, from the year 1 on. */
export function isRealDate(text: string): boolean {
  const instant = new Date(`${text}T00:00:00Z`)
  return !text.startsWith('0000') && !Number.isNaN(instant.getTime()) && instant.toISOString().slice(0, 10) === text
}

/**
 * The first real date of 1990 to 2099 in a name: parts with one separator twice, or eight digits without; not with adjacent digits (R2).
 */
function dateIn(name: string): string | undefined {
  const parts = /(?<!\d)((?:199|20\d)\d)(?:([-_.])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d))(?!\d)/g
  return [...name.matchAll(parts)]
    .map(([, year, , month, day, shortMonth, shortDay]) => [year, month ?? shortMonth, day ?? shortDay])
    .map(date => date.map(part => part?.padStart(2, '0')).join('-'))
    .find(isRealDate)
}

function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
