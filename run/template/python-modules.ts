import { ProjectError } from '../base/errors.ts'
import { builtins } from '../jinja/signature.ts'
import { str } from '../jinja/text.ts'
import { type JinjaObject, tuple, type Value } from '../jinja/values.ts'
import { DATETIME, PYTZ } from './datetime.ts'

/** An object of templates with these attributes. */
export function namespace(attributes: Record<string, Value>, name = 'object'): JinjaObject {
  return {
    get: key => (Object.hasOwn(attributes, key) ? attributes[key] : undefined),
    keys: () => Object.keys(attributes),
    toString: () => `<${name}>`,
  }
}

/** `modules`: the parts of Python's re and datetime that dbt projects use. */
export const MODULES: JinjaObject = namespace(
  {
    re: namespace(
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
    datetime: namespace(DATETIME, 'module datetime'),
    pytz: namespace(PYTZ, 'module pytz'),
  },
  'modules',
)

function found(match: RegExpExecArray | null): Value {
  if (!match) return null
  const group = (key: Value): Value => (typeof key === 'number' ? (match[key] ?? null) : (match.groups?.[str(key)] ?? null))
  return namespace(
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
