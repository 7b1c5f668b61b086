import { ProjectError } from './errors.ts'
import { builtins } from './jinja/signature.ts'
import { str } from './jinja/text.ts'
import { type JinjaFunction, type JinjaObject, tuple, type Value } from './jinja/values.ts'

/** An object of templates with these attributes. */
export function record(attributes: Record<string, Value>, name = 'object'): JinjaObject {
  return {
    get: key => (Object.hasOwn(attributes, key) ? attributes[key] : undefined),
    keys: () => Object.keys(attributes),
    toString: () => `<${name}>`,
  }
}

/** `modules`: the parts of Python's re and datetime that dbt projects use. All times are UTC. */
export const MODULES: JinjaObject = record(
  {
    re: record(
      {
        ...builtins({
          'sub(pattern, repl, string, count=0, flags=0)': (pattern, repl, text, count, flags) => {
            let left = count === 0 ? Infinity : Number(count)
            return str(text).replace(regexp(pattern, flags, 'g'), (...parts) => {
              if (left-- <= 0) return parts[0]
              return replacement(str(repl), parts)
            })
          },
          'match(pattern, string, flags=0)': (pattern, text, flags) => found(regexp(pattern, flags, 'y').exec(str(text))),
          'search(pattern, string, flags=0)': (pattern, text, flags) => found(regexp(pattern, flags).exec(str(text))),
          'fullmatch(pattern, string, flags=0)': (pattern, text, flags) => found(regexp(`^(?:${str(pattern)})$`, flags).exec(str(text))),
          'findall(pattern, string, flags=0)': (pattern, text, flags) =>
            [...str(text).matchAll(regexp(pattern, flags, 'g'))].map(match =>
              match.length === 1 ? match[0] : match.length === 2 ? (match[1] ?? '') : tuple(match.slice(1).map(part => part ?? '')),
            ),
          'split(pattern, string, maxsplit=0, flags=0)': (pattern, text, _max, flags) =>
            str(text)
              .split(regexp(pattern, flags))
              .map(part => part ?? null),
          'escape(pattern)': text => str(text).replace(/[.*+?^${}()|[\]\\\-#&~\s]/g, '\\$&'),
        }),
        IGNORECASE: 2,
        I: 2,
        MULTILINE: 8,
        M: 8,
        DOTALL: 16,
        S: 16,
      },
      'module re',
    ),
    datetime: record(
      {
        datetime: record(
          {
            ...builtins({
              'now(tz=None)': () => moment(new Date()),
              'utcnow()': () => moment(new Date()),
              'today()': () => moment(new Date()),
              'fromisoformat(text)': text => moment(parsed(str(text))),
              'strptime(text, format)': (text, format) => moment(strptime(str(text), str(format))),
              'fromtimestamp(seconds, tz=None)': seconds => moment(new Date(Number(seconds) * 1000)),
            }),
          },
          'class datetime',
        ),
        date: record(
          { ...builtins({ 'today()': () => moment(new Date(), true), 'fromisoformat(text)': text => moment(parsed(str(text)), true) }) },
          'class date',
        ),
      },
      'module datetime',
    ),
    pytz: record({ utc: 'UTC' }, 'module pytz'),
  },
  'modules',
)

/** A Python datetime (or date) in UTC. */
export function moment(date: Date, dayOnly = false): JinjaObject {
  if (Number.isNaN(date.getTime())) throw new ProjectError('this is no date')
  const iso = date.toISOString()
  const text = dayOnly
    ? iso.slice(0, 10)
    : iso
        .replace('T', ' ')
        .replace(/\.000Z$/, '+00:00')
        .replace(/(\.\d{3})Z$/, '$1000+00:00')
  const shift = (days: Value, seconds: Value): JinjaObject =>
    moment(new Date(date.getTime() + Number(days) * 86_400_000 + Number(seconds) * 1000), dayOnly)
  const methods: Record<string, JinjaFunction> = builtins({
    'strftime(format)': format => strftime(date, str(format)),
    "isoformat(sep='T')": separator => text.replace(' ', str(separator)),
    'date()': () => moment(date, true),
    'timestamp()': () => date.getTime() / 1000,
    'weekday()': () => (date.getUTCDay() + 6) % 7,
    'isoweekday()': () => date.getUTCDay() || 7,
    'astimezone(tz=None)': () => moment(date, dayOnly),
    'plus(days=0, seconds=0)': shift,
  })
  const parts: Record<string, Value> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: date.getUTCMilliseconds() * 1000,
    ...methods,
  }
  return { ...record(parts), toString: () => text }
}

function found(match: RegExpExecArray | null): Value {
  if (!match) return null
  const group = (key: Value): Value => (typeof key === 'number' ? (match[key] ?? null) : (match.groups?.[str(key)] ?? null))
  return record(
    {
      ...builtins({
        'group(*keys)': keys => {
          const wanted = keys as Value[]
          return wanted.length === 0 ? match[0] : wanted.length === 1 ? group(wanted[0]!) : tuple(wanted.map(group))
        },
        'groups()': () => tuple(match.slice(1).map(part => part ?? null)),
        'groupdict()': () => new Map(Object.entries(match.groups ?? {}).map(([key, value]): [Value, Value] => [key, value ?? null])),
        'start()': () => match.index,
        'end()': () => match.index + match[0].length,
      }),
    },
    'match',
  )
}

// Python's syntax of patterns in JavaScript's.
function regexp(pattern: Value, flags: Value, more = ''): RegExp {
  let source = str(pattern)
  let named = more
  const inline = /^\(\?([ims]+)\)/.exec(source)
  if (inline) {
    named += inline[1]
    source = source.slice(inline[0].length)
  }
  for (const [bit, letter] of [
    [2, 'i'],
    [8, 'm'],
    [16, 's'],
  ] as const)
    if ((Number(flags) & bit) !== 0 && !named.includes(letter)) named += letter
  source = source
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$')
  try {
    return new RegExp(source, named)
  } catch (error) {
    throw new ProjectError(`The pattern ${str(pattern)} cannot be read: ${(error as Error).message}`)
  }
}

function replacement(template: string, parts: unknown[]): string {
  const groups = parts.at(-1)
  return template.replace(/\\(\d+)|\\g<(\w+)>|\\n|\\\\/g, (whole, number?: string, name?: string) => {
    const key = number ?? name
    if (key === undefined) return whole === '\\n' ? '\n' : '\\'
    if (/^\d+$/.test(key)) return String(parts[Number(key)] ?? '')
    return String((groups as Record<string, string> | undefined)?.[key] ?? '')
  })
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = 'January February March April May June July August September October November December'.split(' ')

function strftime(date: Date, format: string): string {
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
    z: () => '+0000',
    Z: () => 'UTC',
    F: () => date.toISOString().slice(0, 10),
    T: () => date.toISOString().slice(11, 19),
    s: () => String(Math.floor(date.getTime() / 1000)),
    '%': () => '%',
  }
  return format.replace(/%(.)/g, (whole, letter: string) => (Object.hasOwn(parts, letter) ? parts[letter]!() : whole))
}

function strptime(text: string, format: string): Date {
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

function parsed(text: string): Date {
  const clean = text.trim().replace(' ', 'T')
  return new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(clean) || !clean.includes('T') ? clean : `${clean}Z`)
}
