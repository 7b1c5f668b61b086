const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })

/** `12,345`; an em dash for nothing. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : whole.format(value)
}

/** `12.3K`. */
export function compact(value: number): string {
  return short.format(value)
}

/** `1 row`, `2 rows`. */
export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`
}

/** `1.2 MB`. */
export function bytes(value: number | null): string {
  if (value === null) return '–'
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = value < 1 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10))
  const scaled = value / 1024 ** power
  return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${units[power]}`
}

/** `0.8 s`, `12 ms`, `2 min 3 s`. */
export function seconds(value: number | null): string {
  if (value === null) return '–'
  if (value < 0.1) return `${Math.max(1, Math.round(value * 1000))} ms`
  if (value < 90) return `${value.toFixed(value < 10 ? 1 : 0)} s`
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`
}

/** `2026-01-05 13:04` in UTC. */
export function instant(value: string | null): string {
  return value === null ? '–' : value.slice(0, 16).replace('T', ' ')
}

/** A type of PostgreSQL by its short name. */
export function shortType(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('character varying', 'varchar')
}

/** `$1,234` of a decimal text. */
export function dollars(amount: string | number): string {
  return money.format(Number(amount))
}

/** `3.1 %` of a part; `0 %` of nothing. */
export function percent(part: number, all: number): string {
  if (all === 0 || part === 0) return '0 %'
  const value = (100 * part) / all
  return `${value < 0.1 ? '< 0.1' : value < 10 ? value.toFixed(1) : Math.round(value)} %`
}
