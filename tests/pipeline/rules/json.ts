/** A JSON value as in jsonb: numbers keep their digits, and the last of repeated keys counts. */
export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject

/** A number as jsonb prints it (`1.50`, `1000` for 1e3), or `NaN`, or `huge` beyond numeric's range. */
export interface JsonNumber {
  number: string
}

/** An object: its members in source order, and the source. */
export interface JsonObject {
  members: Map<string, Json>
  source: string
}

/** The value of a JSON text, where NaN and Infinity tokens are accepted as the number `NaN`; undefined if it does not parse. */
export function parseJson(source: string): Json | undefined {
  let at = 0
  try {
    const value = readValue()
    skipSpace()
    return at === source.length ? value : undefined
  } catch (error) {
    if (error === broken) return undefined
    throw error
  }

  function readValue(): Json {
    skipSpace()
    if (source[at] === '{') return readObject()
    if (source[at] === '[') return readArray()
    if (source[at] === '"') return readString()
    for (const [word, value] of words) if (take(word)) return value
    return readNumber()
  }

  function readObject(): JsonObject {
    const members = new Map<string, Json>()
    const start = at++
    skipSpace()
    if (take('}')) return { members, source: source.slice(start, at) }
    do {
      skipSpace()
      if (source[at] !== '"') throw broken
      const key = readString()
      skipSpace()
      if (!take(':')) throw broken
      members.set(key, readValue())
      skipSpace()
    } while (take(','))
    if (!take('}')) throw broken
    return { members, source: source.slice(start, at) }
  }

  function readArray(): Json[] {
    const values: Json[] = []
    at++
    skipSpace()
    if (take(']')) return values
    do {
      values.push(readValue())
      skipSpace()
    } while (take(','))
    if (!take(']')) throw broken
    return values
  }

  function readString(): string {
    const matched = match(/"[^"\\]*(?:\\.[^"\\]*)*"/sy)
    try {
      return JSON.parse(matched) as string
    } catch {
      throw broken
    }
  }

  function readNumber(): JsonNumber {
    return { number: numberText(match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)) }
  }

  function match(pattern: RegExp): string {
    pattern.lastIndex = at
    const found = pattern.exec(source)
    if (!found) throw broken
    at += found[0].length
    return found[0]
  }

  function take(token: string): boolean {
    if (!source.startsWith(token, at)) return false
    at += token.length
    return true
  }

  function skipSpace(): void {
    while (at < source.length && ' \t\r\n'.includes(source[at] ?? '')) at++
  }
}

/** The same text for all JSON values that are equal in jsonb: sorted keys, numbers without trailing zeros. */
export function canonicalJson(value: Json): string {
  return jsonText(value, stripZeros)
}

/** A text of a JSON value in which 1 and 1.0 differ: sorted keys, numbers as written. */
export function exactJson(value: Json): string {
  return jsonText(value, number => number)
}

function jsonText(value: Json, numberText: (number: string) => string): string {
  if (Array.isArray(value)) return `[${value.map(element => jsonText(element, numberText)).join(',')}]`
  if (isObject(value)) {
    const members = [...value.members].sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member, numberText)}`).join(',')}}`
  }
  return isNumber(value) ? numberText(value.number) : JSON.stringify(value)
}

/** Why jsonb refuses the value (R6): a NaN token is not JSON; a NUL, a lone surrogate or a huge number is not representable. */
export function problemOf(value: Json): 'invalid_json' | 'unrepresentable_text' | null {
  const problems = new Set<string>()
  visit(value)
  if (problems.has('NaN')) return 'invalid_json'
  return problems.size > 0 ? 'unrepresentable_text' : null

  function visit(part: Json): void {
    if (typeof part === 'string' && unrepresentable.test(part)) problems.add('text')
    else if (isNumber(part) && ['NaN', 'huge'].includes(part.number)) problems.add(part.number)
    else if (Array.isArray(part)) part.forEach(visit)
    else if (isObject(part))
      for (const [key, member] of part.members) {
        visit(key)
        visit(member)
      }
  }
}

/** Whether the value is a JSON number. */
export function isNumber(value: Json | undefined): value is JsonNumber {
  return typeof value === 'object' && value !== null && 'number' in value
}

/** Whether the value is a JSON object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && 'members' in value
}

/** A numeric without trailing zeros: `1.50` as `1.5`, `2.00` as `2`. */
export function stripZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '').replace(/^-0$/, '0') : number
}

/** A JSON number token as PostgreSQL's numeric prints it: without exponent, with the given decimals. */
export function numberText(token: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const scale = fraction.length - Number(exponent)
  const significant = (whole + fraction).replace(/^0+/, '')
  if (scale > 16383 || (significant !== '' && significant.length - scale > 131072)) return 'huge'
  const digits = scale < 0 && significant !== '' ? significant + '0'.repeat(-scale) : significant
  const decimals = Math.max(scale, 0)
  const padded = digits.padStart(decimals + 1, '0')
  const text = decimals === 0 ? padded : `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`
  return significant === '' ? text : sign + text
}

const broken = Symbol('not JSON')

const words: [string, Json][] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', { number: 'NaN' }],
  ['Infinity', { number: 'NaN' }],
  ['-Infinity', { number: 'NaN' }],
]

const unrepresentable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/
