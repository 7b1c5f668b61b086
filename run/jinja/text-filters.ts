import { ProjectError } from '../base/errors.ts'
import { brief, iterate, length, truth } from './compare.ts'
import { formatPercent } from './format.ts'
import { builtins, integer } from './signature.ts'
import { capitalize, center, replace, splitLines, strip } from './strings.ts'
import { floatText, repr, str } from './text.ts'
import { type Dict, isDict, isFloat, isUndefined, type JinjaFunction, tuple, typeName, type Value } from './values.ts'

/** The filters on texts. Other values are converted to text first. */
export const textFilters: Record<string, JinjaFunction> = builtins({
  'string(object)': value => str(value),
  'safe(value)': value => str(value),
  'upper(s)': value => str(value).toUpperCase(),
  'lower(s)': value => str(value).toLowerCase(),
  'capitalize(s)': value => capitalize(str(value)),
  'title(s)': value =>
    str(value)
      .split(/([-\s({[<]+)/)
      .map(capitalize)
      .join(''),
  'trim(value, chars=None)': (value, chars) => strip(str(value), chars, true, true),
  'replace(s, old, new, count=None)': (value, from, to, count) =>
    replace(str(value), str(from), str(to), count === null ? -1 : integer(count)),
  'format(value, *args, **kwargs)': (value, args, kwargs) => {
    const named = (kwargs as Dict).size > 0
    if (named && (args as Value[]).length > 0) throw new ProjectError('format takes values or names with values, not both')
    return formatPercent(str(value), named ? kwargs : tuple(args as Value[]))
  },
  'center(value, width=80)': (value, width) => center(str(value), integer(width), ' '),
  'indent(s, width=4, first=False, blank=False)': (value, width, first, blank) => {
    if (isUndefined(value)) throw value.complain()
    const margin = typeof width === 'string' ? width : ' '.repeat(integer(width))
    const [start = '', ...rest] = splitLines(`${str(value)}\n`)
    const lines = rest.map(line => (line !== '' || truth(blank) ? margin + line : line))
    return (truth(first) ? margin : '') + [start, ...lines].join('\n')
  },
  "truncate(s, length=255, killwords=False, end='...', leeway=5)": (value, most, killWords, end, leeway) => {
    const letters = Array.from(str(value))
    if (letters.length <= integer(most) + (leeway === null ? 5 : integer(leeway))) return str(value)
    const kept = letters.slice(0, Math.max(0, integer(most) - (length(str(end)) ?? 0))).join('')
    return (truth(killWords) ? kept : kept.replace(/ [^ ]*$/, '')) + str(end)
  },
  'wordcount(s)': value => str(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
  'escape(s)': toHtml,
  'e(s)': toHtml,
  'forceescape(s)': toHtml,
  'striptags(value)': value =>
    fromHtml(
      str(value)
        .replace(/<!--[\s\S]*?-->|<[^>]*>/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    ),
  'urlencode(value)': value => {
    if (typeof value === 'string' || (!isDict(value) && length(value) === undefined)) return encode(str(value), '/')
    const pairs = isDict(value) ? [...value] : iterate(value).map(pair => iterate(pair))
    return pairs
      .map(([key = null, item = null]) => `${encode(str(key), '').replaceAll('%20', '+')}=${encode(str(item), '').replaceAll('%20', '+')}`)
      .join('&')
  },
  'tojson(value, indent=None)': (value, indent) => {
    const width = indent === null ? undefined : integer(indent)
    return json(value, width, '\n').replace(/[<>&']/g, character => unicode(character))
  },
  'pprint(value)': value => repr(value),
})

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' }

function toHtml(value: Value): string {
  return str(value).replace(/[&<>"']/g, character => entities[character] as string)
}

function fromHtml(text: string): string {
  const characters = Object.fromEntries(Object.entries(entities).map(([character, entity]) => [entity, character]))
  return text.replace(/&(?:amp|lt|gt|#34|#39);/g, entity => characters[entity] as string)
}

function encode(text: string, safe: string): string {
  const encoded = encodeURIComponent(text).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return safe === '/' ? encoded.replaceAll('%2F', '/') : encoded
}

/** JSON as Python's json.dumps writes it, with sorted keys. */
function json(value: Value, indent: number | undefined, line: string): string {
  if (isUndefined(value)) throw value.complain()
  if (typeof value === 'string') return JSON.stringify(value).replace(/[\x7f-\uffff]/g, unicode)
  if (isFloat(value)) return floatText(value.number)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (typeof value === 'number' || typeof value === 'bigint') return repr(value)
  const inner = indent === undefined ? '' : line + ' '.repeat(indent)
  const wrapped = (open: string, parts: string[], close: string) =>
    parts.length === 0
      ? open + close
      : open + inner + parts.join(indent === undefined ? ', ' : `,${inner}`) + (indent === undefined ? '' : line) + close
  if (Array.isArray(value))
    return wrapped(
      '[',
      value.map(item => json(item, indent, inner)),
      ']',
    )
  if (!isDict(value)) throw new ProjectError(`${typeName(value)} ${brief(value)} cannot be written as JSON`)
  const entries = [...value]
    .map(([key, item]) => [jsonKey(key), item] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
  return wrapped(
    '{',
    entries.map(([key, item]) => `${json(key, indent, inner)}: ${json(item, indent, inner)}`),
    '}',
  )
}

function jsonKey(key: Value): string {
  return typeof key === 'string' ? key : typeof key === 'boolean' || key === null ? String(key) : repr(key)
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
