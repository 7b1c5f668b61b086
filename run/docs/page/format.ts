const whole = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `12,345`; an en dash for nothing. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : whole.format(value)
}

/** `12.3K`. */
export function compact(value: number): string {
  return minus(short.format(value))
}

/** `1 row`, `2 rows`. */
export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
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

/** `5 Jan 2026` from a text that begins with YYYY-MM-DD; any other text unchanged. */
export function day(value: string): string {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(value)
  return found ? `${Number(found[3])} ${monthName(found[2]!)} ${found[1]}` : value
}

/** `Jan 2026` from a text that begins with YYYY-MM. */
export function month(value: string): string {
  const found = /^(\d{4})-(\d\d)/.exec(value)
  return found ? `${monthName(found[2]!)} ${found[1]}` : value
}

/** `5 Jan 2026, 13:04` from an ISO instant in UTC. */
export function instant(value: string | null): string {
  if (value === null) return '–'
  const time = value.slice(11, 16)
  return time ? `${day(value)}, ${time}` : day(value)
}

/** The short name of a PostgreSQL type. */
export function shortType(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('character varying', 'varchar')
}

/** `3.1 %` for a part; `0 %` of nothing. */
export function percent(part: number, all: number): string {
  if (all === 0 || part === 0) return '0 %'
  const value = (100 * part) / all
  return `${value < 0.1 ? '< 0.1' : value < 10 ? value.toFixed(1) : Math.round(value)} %`
}

/** `coerced value` for `coerced_value`. */
export function inWords(name: string): string {
  return name.replaceAll('_', ' ')
}

/** Writes a negative number with the minus sign that is as wide as a plus. */
export function minus(text: string): string {
  return text.replace(/^-/, '−')
}

function monthName(number: string): string {
  return MONTHS[Number(number) - 1] ?? number
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
