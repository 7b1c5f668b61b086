import { ProjectError } from '../base/errors.ts'
import { brief, iterate, length } from './compare.ts'
import { formatBraces } from './format.ts'
import { builtins, integer } from './signature.ts'
import { type Dict, isUndefined, type JinjaFunction, tuple, typeName, type Value } from './values.ts'

/** The methods of Python's str. */
export const stringMethods: Record<string, JinjaFunction> = builtins({
  'upper(self)': self => text(self).toUpperCase(),
  'lower(self)': self => text(self).toLowerCase(),
  'casefold(self)': self => text(self).toLowerCase(),
  'title(self)': self =>
    text(self).replace(/(\p{L})([\p{L}\p{M}]*)/gu, (_, first: string, rest: string) => first.toUpperCase() + rest.toLowerCase()),
  'capitalize(self)': self => capitalize(text(self)),
  'swapcase(self)': self =>
    text(self).replace(/\p{L}/gu, letter => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())),
  'strip(self, chars=None)': (self, chars) => strip(text(self), chars, true, true),
  'lstrip(self, chars=None)': (self, chars) => strip(text(self), chars, true, false),
  'rstrip(self, chars=None)': (self, chars) => strip(text(self), chars, false, true),
  'split(self, sep=None, maxsplit=-1)': (self, separator, most) => split(text(self), separator, integer(most)),
  'rsplit(self, sep=None, maxsplit=-1)': (self, separator, most) => splitFromEnd(text(self), separator, integer(most)),
  'splitlines(self, keepends=False)': (self, keep) => splitLines(text(self), keep === true),
  'partition(self, sep)': (self, separator) => {
    const at = text(self).indexOf(text(separator))
    return tuple(at < 0 ? [self, '', ''] : cut(text(self), at, text(separator)))
  },
  'rpartition(self, sep)': (self, separator) => {
    const at = text(self).lastIndexOf(text(separator))
    return tuple(at < 0 ? ['', '', self] : cut(text(self), at, text(separator)))
  },
  'join(self, iterable)': (self, items) => iterate(items).map(text).join(text(self)),
  'replace(self, old, new, count=-1)': (self, from, to, count) => replace(text(self), text(from), text(to), integer(count)),
  'startswith(self, prefix, start=0)': (self, prefix, start) => anyOf(prefix, one => text(self).startsWith(one, integer(start))),
  'endswith(self, suffix)': (self, suffix) => anyOf(suffix, one => text(self).endsWith(one)),
  'removeprefix(self, prefix)': (self, prefix) => (text(self).startsWith(text(prefix)) ? text(self).slice(text(prefix).length) : self),
  'removesuffix(self, suffix)': (self, suffix) =>
    text(suffix) !== '' && text(self).endsWith(text(suffix)) ? text(self).slice(0, -text(suffix).length) : self,
  'find(self, sub, start=0)': (self, part, start) => text(self).indexOf(text(part), integer(start)),
  'rfind(self, sub)': (self, part) => text(self).lastIndexOf(text(part)),
  'index(self, sub, start=0)': (self, part, start) => found(text(self).indexOf(text(part), integer(start)), self, part),
  'rindex(self, sub)': (self, part) => found(text(self).lastIndexOf(text(part)), self, part),
  'count(self, sub)': (self, part) => (text(part) === '' ? (length(self) ?? 0) + 1 : text(self).split(text(part)).length - 1),
  'format(self, *args, **kwargs)': (self, args, kwargs) => formatBraces(text(self), args as Value[], Object.fromEntries(kwargs as Dict)),
  "center(self, width, fillchar=' ')": (self, width, fill) => center(text(self), integer(width), text(fill)),
  "ljust(self, width, fillchar=' ')": (self, width, fill) => text(self) + gap(self, width, text(fill)),
  "rjust(self, width, fillchar=' ')": (self, width, fill) => gap(self, width, text(fill)) + text(self),
  'zfill(self, width)': (self, width) => text(self).replace(/^[+-]?/, sign => sign + gap(self, width, '0')),
  'expandtabs(self, tabsize=8)': (self, size) =>
    text(self).replace(/([^\t\n]*)\t/g, (_, before: string) => before + ' '.repeat(integer(size) - (before.length % integer(size)))),
  'isdigit(self)': self => /^\p{Nd}+$/u.test(text(self)),
  'isdecimal(self)': self => /^\p{Nd}+$/u.test(text(self)),
  'isnumeric(self)': self => /^\p{N}+$/u.test(text(self)),
  'isalpha(self)': self => /^\p{L}+$/u.test(text(self)),
  'isalnum(self)': self => /^[\p{L}\p{N}]+$/u.test(text(self)),
  'isspace(self)': self => /^\s+$/.test(text(self)),
  'isupper(self)': self => /\p{L}/u.test(text(self)) && text(self) === text(self).toUpperCase(),
  'islower(self)': self => /\p{L}/u.test(text(self)) && text(self) === text(self).toLowerCase(),
  'isidentifier(self)': self => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text(self)),
})

export function capitalize(value: string): string {
  const [first = ''] = value
  return first.toUpperCase() + value.slice(first.length).toLowerCase()
}

/** Strips characters from the ends: the given ones, else whitespace. */
export function strip(value: string, characters: Value, start: boolean, end: boolean): string {
  if (characters === null) return start && end ? value.trim() : start ? value.trimStart() : value.trimEnd()
  const letters = Array.from(value)
  let from = 0
  let to = letters.length
  while (start && from < to && text(characters).includes(letters[from] as string)) from++
  while (end && to > from && text(characters).includes(letters[to - 1] as string)) to--
  return letters.slice(from, to).join('')
}

export function splitLines(value: string, keep = false): string[] {
  const lines = value.match(/[^\n\r\v\f\u0085\u2028\u2029]*(?:\r\n|[\n\r\v\f\u0085\u2028\u2029]|$)/g) ?? []
  if (lines.at(-1) === '') lines.pop()
  return keep ? lines : lines.map(line => line.replace(/(?:\r\n|[\n\r\v\f\u0085\u2028\u2029])$/, ''))
}

/** Replaces the first `count` occurrences, all if it is negative. */
export function replace(value: string, from: string, to: string, count: number): string {
  if (count < 0) return value.replaceAll(from, () => to)
  let left = count
  return value.replaceAll(from, () => (left-- > 0 ? to : from))
}

export function center(value: string, width: number, fill: string): string {
  const gap = Math.max(0, width - (length(value) ?? 0))
  const before = Math.floor(gap / 2) + (gap & width & 1)
  return fill.repeat(before) + value + fill.repeat(gap - before)
}

/** The padding up to the width. */
function gap(self: Value, width: Value, fill: string): string {
  return fill.repeat(Math.max(0, integer(width) - (length(self) ?? 0)))
}

function split(value: string, separator: Value, most: number): string[] {
  if (separator === '') throw new ProjectError('split() with an empty separator')
  const parts = separator === null ? value.trim().split(/\s+/).filter(Boolean) : value.split(text(separator))
  if (most < 0 || parts.length <= most + 1) return parts
  if (separator !== null) return [...parts.slice(0, most), parts.slice(most).join(text(separator))]
  const pattern = new RegExp(`^(?:\\s*\\S+){${most}}\\s*`)
  return [...parts.slice(0, most), value.replace(pattern, '')]
}

function splitFromEnd(value: string, separator: Value, most: number): string[] {
  const parts = split(value, separator, -1)
  if (most < 0 || parts.length <= most + 1) return parts
  const kept = parts.slice(parts.length - most)
  if (separator !== null) return [parts.slice(0, parts.length - most).join(text(separator)), ...kept]
  return [value.replace(new RegExp(`\\s*(?:\\S+\\s*){${most}}$`), ''), ...kept]
}

function cut(value: string, at: number, separator: string): Value[] {
  return [value.slice(0, at), separator, value.slice(at + separator.length)]
}

function anyOf(prefixes: Value, matches: (prefix: string) => boolean): boolean {
  return Array.isArray(prefixes) ? prefixes.some(prefix => matches(text(prefix))) : matches(text(prefixes))
}

function found(at: number, self: Value, part: Value): number {
  if (at < 0) throw new ProjectError(`${brief(part)} is not in ${brief(self)}`)
  return at
}

/** An argument that must be a text. */
function text(value: Value): string {
  if (typeof value === 'string') return value
  if (isUndefined(value)) throw value.complain()
  throw new ProjectError(`expected a text, not ${typeName(value)} ${brief(value)}`, { hint: 'Convert it with | string.' })
}
