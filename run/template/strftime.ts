import { ProjectError } from '../base/errors.ts'

/** What a format may use besides the date: `+0200`, the zone's label if known, and the microsecond. */
interface Shape {
  offset: string
  zone: string | undefined
  microsecond: number
}

/** Python's strftime on Linux, for a date whose UTC parts are shown. Throws for an unsupported letter. */
export function strftime(date: Date, format: string, shape: Shape): string {
  const hour = date.getUTCHours()
  const day = Math.floor((date.getTime() - startOfYear(date)) / 86_400_000)
  const weekday = date.getUTCDay()
  const at = (inner: string): string => strftime(date, inner, shape)
  const parts: Record<string, () => string> = {
    Y: () => String(date.getUTCFullYear()),
    y: () => two(date.getUTCFullYear() % 100),
    C: () => two(Math.floor(date.getUTCFullYear() / 100)),
    G: () => String(isoYearAndWeek(date)[0]),
    V: () => two(isoYearAndWeek(date)[1]),
    m: () => two(date.getUTCMonth() + 1),
    d: () => two(date.getUTCDate()),
    e: () => String(date.getUTCDate()).padStart(2),
    H: () => two(hour),
    k: () => String(hour).padStart(2),
    I: () => two(hour % 12 || 12),
    l: () => String(hour % 12 || 12).padStart(2),
    M: () => two(date.getUTCMinutes()),
    S: () => two(date.getUTCSeconds()),
    f: () => String(shape.microsecond).padStart(6, '0'),
    p: () => (hour < 12 ? 'AM' : 'PM'),
    P: () => (hour < 12 ? 'am' : 'pm'),
    j: () => String(day + 1).padStart(3, '0'),
    a: () => DAYS[weekday]!.slice(0, 3),
    A: () => DAYS[weekday]!,
    b: () => MONTHS[date.getUTCMonth()]!.slice(0, 3),
    h: () => MONTHS[date.getUTCMonth()]!.slice(0, 3),
    B: () => MONTHS[date.getUTCMonth()]!,
    w: () => String(weekday),
    u: () => String(weekday || 7),
    U: () => two(Math.floor((day + 7 - weekday) / 7)),
    W: () => two(Math.floor((day + 7 - ((weekday + 6) % 7)) / 7)),
    z: () => shape.offset,
    Z: () => {
      if (shape.zone === undefined) throw new ProjectError("strftime() does not know '%Z' of this time zone", { hint: 'Use %z.' })
      return shape.zone
    },
    F: () => at('%Y-%m-%d'),
    T: () => at('%H:%M:%S'),
    D: () => at('%m/%d/%y'),
    R: () => at('%H:%M'),
    r: () => at('%I:%M:%S %p'),
    c: () => at('%a %b %e %H:%M:%S %Y'),
    x: () => at('%m/%d/%y'),
    X: () => at('%H:%M:%S'),
    n: () => '\n',
    t: () => '\t',
    '%': () => '%',
  }
  return format.replace(/%([-_0^]?)(.?)/gs, (whole, flag: string, letter: string) => {
    const part = Object.hasOwn(parts, letter) ? parts[letter] : undefined
    if (!part) throw notDone(whole, 'strftime', Object.keys(parts))
    return flagged(part(), flag)
  })
}

/** The error for a format letter that Python may support and this runner does not. */
export function notDone(directive: string, by: string, letters: string[]): ProjectError {
  return new ProjectError(`${by}() does not support '${directive}'`, { hint: `Supported: %${[...letters].sort().join(', %')}.` })
}

export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
export const MONTHS = 'January February March April May June July August September October November December'.split(' ')

// glibc's flags: no padding, padding with blanks or zeros, upper case.
function flagged(text: string, flag: string): string {
  if (flag === '-') return text.replace(/^[0 ]+(?=\d)/, '')
  if (flag === '_') return text.replace(/^0+(?=\d)/, zeros => ' '.repeat(zeros.length))
  if (flag === '0') return text.replace(/^ +/, blanks => '0'.repeat(blanks.length))
  return flag === '^' ? text.toUpperCase() : text
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

function startOfYear(date: Date): number {
  const start = new Date(date)
  start.setUTCMonth(0, 1)
  start.setUTCHours(0, 0, 0, 0)
  return start.getTime()
}

function isoYearAndWeek(date: Date): [year: number, week: number] {
  const thursday = new Date(date.getTime() + (3 - ((date.getUTCDay() + 6) % 7)) * 86_400_000)
  return [thursday.getUTCFullYear(), Math.floor((thursday.getTime() - startOfYear(thursday)) / 604_800_000) + 1]
}
