import { ProjectError } from '../base/errors.ts'
import { brief, lookUp, numeric } from './compare.ts'
import { isInteger, round, truncated } from './numbers.ts'
import { floatText, repr, str } from './text.ts'
import { type Dict, isDict, isFloat, isTuple, type Kwargs, typeName, type Value } from './values.ts'

/** Python's `'%s of %d' % values`: a tuple gives several values, a dict named ones. */
export function formatPercent(template: string, values: Value): string {
  const list = isTuple(values) ? values : [values]
  let next = 0
  const take = (): Value => {
    const value = list[next++]
    if (value === undefined) throw new ProjectError(`${repr(template)} asks for more values than the ${list.length} given`)
    return value
  }
  const text = template.replace(percent, (_, name?: string, flags = '', width = '', precision?: string, type = '') => {
    if (type === '%') return '%'
    const cells = width === '*' ? String(numeric(take())) : width
    const value = name === undefined ? take() : named(values, name)
    const align = flags.includes('-') ? '<' : flags.includes('0') && !'sra'.includes(type) ? '' : '>'
    const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
    const zero = flags.includes('0') && align === '' ? '0' : ''
    const dot = precision === undefined ? '' : `.${precision}`
    if (type === 's' || type === 'r' || type === 'a') return formatSpec(type === 's' ? str(value) : repr(value), `${align}${cells}${dot}`)
    const whole = 'diu'.includes(type)
    if (numeric(value) === undefined) throw new ProjectError(`%${type} needs a number, not ${typeName(value)} ${brief(value)}`)
    return formatSpec(whole ? integer(value) : value, `${align}${sign}${zero}${cells}${whole ? '' : dot}${whole ? 'd' : type}`)
  })
  if (next < list.length && !isDict(values) && (isTuple(values) || !Array.isArray(values)))
    throw new ProjectError(`${repr(template)} uses ${next} of the ${list.length} values given`)
  return text
}

/** Python's `'{} {name:>5}'.format(…)`. */
export function formatBraces(template: string, args: Value[], kwargs: Kwargs): string {
  let next = 0
  return template.replace(braces, (whole, field?: string, conversion?: string, spec = '') => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0)
    if (field === undefined) throw new ProjectError(`single '${whole}' in the format ${repr(template)}`, { hint: 'Double it to print it.' })
    const [, head = '', path = ''] = /^([^.[]*)(.*)$/s.exec(field) ?? []
    let value = head === '' ? args[next++] : /^\d+$/.test(head) ? args[Number(head)] : kwargs[head]
    for (const [, attribute, item] of path.matchAll(/\.(\w+)|\[([^\]]+)\]/g)) value = step(value, attribute ?? item ?? '')
    if (value === undefined) throw new ProjectError(`the format ${repr(template)} has no value for {${field}}`)
    const width = spec.replace(/\{(\w*)\}/g, (_: string, name: string) =>
      str((name === '' ? args[next++] : (kwargs[name] ?? args[Number(name)])) ?? ''),
    )
    return formatSpec(conversion === 'r' ? repr(value) : conversion === 's' ? str(value) : value, width)
  })
}

/** One value by Python's format mini-language: `,.2f`, `>10`, `04d`, `%`. */
export function formatSpec(value: Value, spec: string): string {
  if (spec === '') return str(value)
  const match = specification.exec(spec)
  if (!match) throw new ProjectError(`invalid format '${spec}'`)
  const [, fill, align, sign = '', alternate, zero, width, group, precision, type = ''] = match
  const digits = precision === undefined ? undefined : Number(precision)
  if (typeof value === 'string' && (type === '' || type === 's')) {
    return pad(Array.from(value).slice(0, digits).join(''), '', Number(width ?? 0), fill ?? (zero ? '0' : ' '), align ?? '<')
  }
  if (numeric(value) === undefined || type === 's')
    throw new ProjectError(`format '${spec}' does not take ${typeName(value)} ${brief(value)}`)
  const negative = Number(numeric(value)) < 0 || Object.is(numeric(value), -0)
  const body = grouped(magnitude(value, type, digits, alternate !== undefined), group)
  const prefix = negative ? '-' : sign === '+' || sign === ' ' ? sign : ''
  return pad(body, prefix, Number(width ?? 0), fill ?? (zero ? '0' : ' '), align ?? (zero ? '=' : '>'))
}

const percent = /%(?:\((\w+)\))?([-+ #0]*)(\*|\d+)?(?:\.(\d+))?[hlL]?([%sradiufFeEgGxXoc])/g
const braces = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::((?:[^{}]|\{\w*\})*))?\}|[{}]/g
const specification = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su

function magnitude(value: Value, type: string, digits: number | undefined, alternate: boolean): string {
  const number = numeric(value) as number | bigint
  const size = number < 0 ? -number : number
  const whole = isInteger(value)
  if ('bcdoxX'.includes(type) && type !== '' && !whole) throw new ProjectError(`format '${type}' needs an integer, not ${brief(value)}`)
  const base = { b: 2, o: 8, x: 16, X: 16 }[type]
  if (base !== undefined) {
    const text = size.toString(base)
    return (alternate ? `0${type}` : '') + (type === 'X' ? text.toUpperCase() : text)
  }
  if (type === 'c') return character(size)
  if (type === 'd' || (whole && (type === 'n' || type === ''))) {
    if (digits !== undefined) throw new ProjectError(`a format of an integer takes no precision: .${digits}`)
    return size.toString()
  }
  const plain = Math.abs(Number(number))
  if (!Number.isFinite(plain)) return floatText(plain)
  if (type === 'f' || type === 'F') return fixed(plain, digits ?? 6)
  if (type === '%') return `${fixed(plain * 100, digits ?? 6)}%`
  if (type === 'e' || type === 'E') return cased(exponential(plain, digits ?? 6), type)
  if (type === '' && digits === undefined) return floatText(plain)
  return cased(general(plain, digits ?? 6, type === ''), type)
}

function character(code: number | bigint): string {
  if (code > 0x10ffff) throw new ProjectError(`format 'c' needs the code of a character, not ${code}`)
  return String.fromCodePoint(Number(code))
}

function fixed(number: number, digits: number): string {
  return number < 1e21 ? round(number, digits).toFixed(digits) : `${BigInt(number)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`
}

function exponential(number: number, digits: number): string {
  return number.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
}

function general(number: number, precision: number, keepPoint: boolean): string {
  const digits = precision || 1
  const power = number === 0 ? 0 : Number(number.toExponential(digits - 1).split('e')[1])
  if (power >= -4 && power < digits) {
    const text = number.toFixed(Math.max(0, digits - 1 - power))
    const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text
    return keepPoint && !short.includes('.') ? `${short}.0` : short
  }
  return exponential(number, digits - 1).replace(/\.?0*e/, 'e')
}

function cased(text: string, type: string): string {
  return type === 'E' || type === 'G' ? text.toUpperCase() : text
}

function grouped(text: string, separator: string | undefined): string {
  if (!separator) return text
  const [whole = '', ...rest] = text.split('.')
  return [whole.replace(/\B(?=(\d{3})+$)/g, separator), ...rest].join('.')
}

function pad(body: string, prefix: string, width: number, fill: string, align: string): string {
  const gap = Math.max(0, width - Array.from(prefix + body).length)
  if (align === '=') return prefix + fill.repeat(gap) + body
  const before = align === '<' ? 0 : align === '^' ? Math.floor(gap / 2) : gap
  return fill.repeat(before) + prefix + body + fill.repeat(gap - before)
}

function integer(value: Value): Value {
  return isInteger(value) && !isFloat(value) ? value : truncated(Number(numeric(value)))
}

function named(values: Value, name: string): Value {
  const found = isDict(values) ? lookUp(values as Dict, name) : undefined
  if (found === undefined) throw new ProjectError(`the format has no value for %(${name})`)
  return found
}

function step(value: Value | undefined, name: string): Value | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value)) return value[Number(name)]
  if (isDict(value)) return lookUp(value, name)
  return typeof value === 'object' && value !== null && 'get' in value ? value.get(name) : undefined
}
