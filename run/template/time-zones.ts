import { ProjectError } from '../base/errors.ts'
import { isObject, type JinjaObject, type Value } from '../jinja/values.ts'

/** A time zone of `modules.pytz` and `datetime.timezone`: minutes east of UTC at a moment. */
export interface Zone {
  name: string
  /** The text of %Z; undefined where Python would use an abbreviation (CET) that is unknown here. */
  label?: string
  /** Minutes east of UTC at a moment in milliseconds since 1970. */
  offsetAt(utc: number): number
}

/** A zone by its name in the time zone database; throws for an unknown name. */
export function namedZone(name: string): Zone {
  if (name === 'UTC') return utcZone
  const zone: Zone = { name, offsetAt: utc => offsetOf(name, utc) }
  zone.offsetAt(0)
  return zone
}

/** A zone with a fixed offset: `UTC+02:00`. */
export function fixedZone(minutes: number): Zone {
  const name = minutes === 0 ? 'UTC' : `UTC${offsetText(minutes)}`
  return { name, label: name, offsetAt: () => minutes }
}

/** The zone of this machine's clock. */
export const localZone: Zone = { name: 'local', offsetAt: utc => 0 - new Date(utc).getTimezoneOffset() }
export const utcZone: Zone = { name: 'UTC', label: 'UTC', offsetAt: () => 0 }

/** A zone as a template's value; `more` are further attributes. */
export function zoneObject(zone: Zone, more: Record<string, Value> = {}): JinjaObject {
  const attributes: Record<string, Value> = { zone: zone.name, ...more }
  const object: JinjaObject = {
    get: key => (Object.hasOwn(attributes, key) ? attributes[key] : undefined),
    keys: () => Object.keys(attributes),
    toString: () => zone.name,
  }
  zones.set(object, zone)
  return object
}

/** The zone of a template's value. */
export function zoneOf(value: Value): Zone {
  const zone = isObject(value) ? zones.get(value) : typeof value === 'string' ? namedZone(value) : undefined
  if (!zone) throw new ProjectError('not a time zone', { hint: "Write modules.pytz.timezone('Europe/Berlin')." })
  return zone
}

/** `+02:00`. */
export function offsetText(minutes: number): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
}

const zones = new WeakMap<object, Zone>()

function offsetOf(name: string, utc: number): number {
  let parts: Intl.DateTimeFormatPart[]
  try {
    parts = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }).formatToParts(new Date(utc))
  } catch {
    throw new ProjectError(`There is no time zone '${name}'`, { hint: "Use a name such as 'Europe/Berlin'." })
  }
  const [, sign, hours = '0', minutes = '0'] =
    /GMT([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
