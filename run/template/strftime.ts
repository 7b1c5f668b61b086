import { ProjectError } from '../base/errors.ts'

/** Python's strftime, of a date whose UTC parts are what is to be shown; `offset` and `zone` are what %z and %Z give. */
export function strftime(date: Date, format: string, offset: string, zone: string): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const year = date.getUTCFullYear()
  const dayOfYear = Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1
  const parts: Record<string, () => string> = {
    Y: () => String(year),
    y: () => two(year % 100),
    m: () => two(date.getUTCMonth() + 1),
    d: () => two(date.getUTCDate()),
    H: () => two(date.getUTCHours()),
    I: () => two(date.getUTCHours() % 12 || 12),
    M: () => two(date.getUTCMinutes()),
    S: () => two(date.getUTCSeconds()),
    f: () => `${String(date.getUTCMilliseconds()).padStart(3, '0')}000`,
    p: () => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
    j: () => String(dayOfYear).padStart(3, '0'),
    a: () => DAYS[date.getUTCDay()]!.slice(0, 3),
    A: () => DAYS[date.getUTCDay()]!,
    b: () => MONTHS[date.getUTCMonth()]!.slice(0, 3),
    B: () => MONTHS[date.getUTCMonth()]!,
    w: () => String(date.getUTCDay()),
    z: () => offset,
    Z: () => zone,
    F: () => date.toISOString().slice(0, 10),
    T: () => date.toISOString().slice(11, 19),
    s: () => String(Math.floor(date.getTime() / 1000)),
    '%': () => '%',
  }
  return format.replace(/%(.)/g, (whole, letter: string) => (Object.hasOwn(parts, letter) ? parts[letter]!() : whole))
}

/** Python's strptime; throws ProjectError for a text that is not of the format. */
export function strptime(text: string, format: string): Date {
  const order: string[] = []
  const shapes: Record<string, string> = { Y: '(\\d{4})', f: '(\\d{1,6})', b: '(\\w{3})', B: '(\\w+)' }
  const source = format.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (whole, letter?: string) => {
    if (letter === undefined) return `\\${whole}`
    order.push(letter)
    return shapes[letter] ?? '(\\d{1,2})'
  })
  const match = new RegExp(`^${source}$`).exec(text)
  if (!match) throw new ProjectError(`time data '${text}' does not match format '${format}'`)
  const part = (letter: string, otherwise: number): number => {
    const index = order.indexOf(letter)
    return index < 0 ? otherwise : Number(match[index + 1])
  }
  const name = match[(order.includes('b') ? order.indexOf('b') : order.indexOf('B')) + 1]
  const named = MONTHS.findIndex(month => name !== undefined && month.toLowerCase().startsWith(name.toLowerCase()))
  const month = order.includes('b') || order.includes('B') ? named : part('m', 1) - 1
  return new Date(Date.UTC(part('Y', 1900), month, part('d', 1), part('H', 0), part('M', 0), part('S', 0)))
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = 'January February March April May June July August September October November December'.split(' ')
