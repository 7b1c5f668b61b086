import { builtins } from '../jinja/signature.ts'
import { float, isFloat, isObject, type JinjaFunction, type JinjaObject, type Value } from '../jinja/values.ts'
import { DAY, MINUTE, SECOND } from './microseconds.ts'

/** A Python timedelta from microseconds. */
export function timedelta(microseconds: bigint): JinjaObject {
  const days = floored(microseconds, DAY)
  const rest = microseconds - days * DAY
  const attributes: Record<string, Value> = {
    days: Number(days),
    seconds: Number(rest / SECOND),
    microseconds: Number(rest % SECOND),
    ...builtins({ 'total_seconds()': () => float(Number(microseconds) / 1e6) }),
  }
  const object: JinjaObject = {
    get: name => (Object.hasOwn(attributes, name) ? attributes[name] : undefined),
    keys: () => Object.keys(attributes),
    add: other => {
      const more = deltaOf(other)
      if (more !== undefined) return timedelta(microseconds + more)
      return isObject(other) ? other.add?.(object) : undefined
    },
    subtract: other => mapped(other, less => timedelta(microseconds - less)),
    order: other => mapped(other, than => (microseconds < than ? -1 : microseconds > than ? 1 : 0)),
    toString: () => textOf(days, rest),
    repr: () => reprOf(Number(days), Number(rest / SECOND), Number(rest % SECOND)),
  }
  deltas.set(object, microseconds)
  return object
}

/** The microseconds of a timedelta; undefined for anything else. */
export function deltaOf(value: Value): bigint | undefined {
  return isObject(value) ? deltas.get(value) : undefined
}

/** `datetime.timedelta(…)`. */
export const timedeltaClass = builtins({
  'timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)': (...parts) =>
    timedelta(parts.reduce((sum: bigint, part, i) => sum + times(part, FACTORS[i]!), 0n)),
}).timedelta as JinjaFunction

const FACTORS = [DAY, SECOND, 1n, 1000n, MINUTE, 60n * MINUTE, 7n * DAY]
const deltas = new WeakMap<object, bigint>()

// A part may have decimals; half a microsecond is rounded to even.
function times(part: Value, factor: bigint): bigint {
  const number = isFloat(part) ? part.number : Number(part)
  if (Number.isInteger(number)) return BigInt(number) * factor
  const whole = Math.trunc(number)
  const rest = (number - whole) * Number(factor)
  const low = Math.floor(rest)
  const up = rest - low > 0.5 || (rest - low === 0.5 && low % 2 !== 0)
  return BigInt(whole) * factor + BigInt(low) + (up ? 1n : 0n)
}

function floored(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n)
}

function mapped<T>(other: Value, map: (microseconds: bigint) => T): T | undefined {
  const found = deltaOf(other)
  return found === undefined ? undefined : map(found)
}

function textOf(days: bigint, rest: bigint): string {
  const two = (n: bigint): string => String(n).padStart(2, '0')
  const seconds = rest / SECOND
  const micro = rest % SECOND
  const before = days === 0n ? '' : `${days} day${days === 1n || days === -1n ? '' : 's'}, `
  const after = micro === 0n ? '' : `.${String(micro).padStart(6, '0')}`
  return `${before}${seconds / 3600n}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${after}`
}

function reprOf(days: number, seconds: number, microseconds: number): string {
  const parts = Object.entries({ days, seconds, microseconds }).flatMap(([name, value]) => (value === 0 ? [] : [`${name}=${value}`]))
  return `datetime.timedelta(${parts.join(', ') || '0'})`
}
