import { ProjectError } from '../base/errors.ts'
import { builtins } from '../jinja/signature.ts'
import { str } from '../jinja/text.ts'
import { type JinjaObject, tuple, type Value } from '../jinja/values.ts'
import { DATETIME, PYTZ } from './datetime.ts'
import { FLAGS, pythonPattern } from './python-pattern.ts'

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
            if (typeof repl !== 'string') throw new ProjectError('re.sub() takes a text as its second value')
            return str(text).replace(regexp(pattern, flags, 'g'), (...parts) => {
              if (left-- <= 0) return parts[0]
              return replacement(repl, parts)
            })
          },
          'match(pattern, string, flags=0)': (pattern, text, flags) => found(regexp(pattern, flags, 'y').exec(str(text))),
          'search(pattern, string, flags=0)': (pattern, text, flags) => found(regexp(pattern, flags).exec(str(text))),
          'fullmatch(pattern, string, flags=0)': (pattern, text, flags) => {
            const [, inline = '', rest = ''] = /^((?:\(\?[aimsux]+\))*)(.*)$/s.exec(str(pattern)) ?? []
            return found(regexp(`${inline}(?:${rest})\\Z`, flags, 'y').exec(str(text)))
          },
          'findall(pattern, string, flags=0)': (pattern, text, flags) =>
            [...str(text).matchAll(regexp(pattern, flags, 'g'))].map(match =>
              match.length === 1 ? match[0] : match.length === 2 ? (match[1] ?? '') : tuple(match.slice(1).map(part => part ?? '')),
            ),
          'split(pattern, string, maxsplit=0, flags=0)': (pattern, text, most, flags) =>
            split(str(text), regexp(pattern, flags, 'g'), Number(most)),
          'escape(pattern)': text => str(text).replace(/[\s!"#$%&()*+,./:;<=>?@[\\\]^`{|}~-]/g, escapedCharacter),
        }),
        ...FLAGS,
      },
      'module re',
    ),
    datetime: namespace(DATETIME, 'module datetime'),
    pytz: namespace(PYTZ, 'module pytz'),
  },
  'modules',
)

// The text between matches, and the matches' groups; an empty match divides too.
function split(text: string, pattern: RegExp, most: number): Value[] {
  const parts: Value[] = []
  let from = 0
  const matches = [...text.matchAll(pattern)]
  for (const match of most > 0 ? matches.slice(0, most) : most < 0 ? [] : matches) {
    parts.push(text.slice(from, match.index), ...match.slice(1).map(part => part ?? null))
    from = match.index + match[0].length
  }
  return [...parts, text.slice(from)]
}

function escapedCharacter(character: string): string {
  return /[!"%,/:;<=>@`]/.test(character) ? character : `\\${character}`
}

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
        'span()': () => tuple([match.index, match.index + match[0].length]),
      }),
    },
    'match',
  )
}

function regexp(pattern: Value, flags: Value, more = ''): RegExp {
  return pythonPattern(str(pattern), Number(flags), more)
}

// Expands \\1, \\g<name> and the escapes of a replacement; throws for an unknown escape, as Python does.
function replacement(template: string, parts: unknown[]): string {
  const groups = typeof parts.at(-1) === 'object' ? (parts.at(-1) as Record<string, string>) : {}
  const numbered = parts.slice(
    0,
    parts.findIndex(part => typeof part === 'number'),
  )
  return template.replace(/\\(?:(\d+)|g<(\w+)>|(.))/gs, (whole, number?: string, name?: string, letter?: string) => {
    if (letter !== undefined) return escapeOf(letter)
    const key = number ?? name ?? ''
    const isNumber = /^\d+$/.test(key)
    if (isNumber ? Number(key) >= numbered.length : !Object.hasOwn(groups, key))
      throw new ProjectError(`The replacement names the group ${key}, which the pattern does not have: ${whole}`)
    return String((isNumber ? numbered[Number(key)] : groups[key]) ?? '')
  })
}

function escapeOf(letter: string): string {
  const known: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', b: '\b', '\\': '\\' }
  if (known[letter] !== undefined) return known[letter]
  if (/[A-Za-z]/.test(letter)) throw new ProjectError(`bad escape \\${letter} in a replacement`)
  return `\\${letter}`
}
