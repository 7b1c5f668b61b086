import type { Judged, Row } from './records.ts'
import type { Vars } from './seeds.ts'

/** A current transaction and its references to others, which core keeps in another form. */
export type Linked = Pick<Judged, 'values' | 'parts'> & { key: string }

/** The kind of spend of each transaction (R31), by id. */
export function spendKinds(transactions: Linked[], vars: Vars): Map<string, string> {
  const settling = (vars.settling_types ?? 'CLEAR,CLEARING,REFUND').split(',')
  const alive = transactions.filter(one => typeOf(one) !== 'DECLINE')
  const named = (one: Linked, what: string): Linked[] =>
    transactions.filter(
      other =>
        other !== one && (isSame(other.key, one.values[`${what}_id`]) || isSame(other.values.transaction_uuid, one.values[`${what}_uuid`])),
    )
  const lists = (one: Linked, other: Linked) =>
    one.parts?.id.some(id => isSame(id, other.key)) || one.parts?.uuid.some(uuid => isSame(uuid, other.values.transaction_uuid))
  const isNamedPart = (child: Linked, parent: Linked) =>
    child !== parent && (lists(parent, child) || named(child, 'parent_transaction').includes(parent))

  const below = new Map(alive.map(one => [one, reached(one)]))
  const isPart = (child: Linked, parent: Linked) => isNamedPart(child, parent) && !below.get(child)?.has(parent)
  const parts = new Map(alive.map(one => [one, alive.filter(other => isPart(other, one))]))
  const parents = new Map(alive.map(one => [one, alive.filter(other => isPart(one, other))]))
  const partsOf = (one: Linked) => parts.get(one) ?? []
  const parentsOf = (one: Linked) => parents.get(one) ?? []
  const relatives = (one: Linked) => [...partsOf(one), ...parentsOf(one)]

  return new Map(transactions.map(one => [one.key, kindOf(one)]))

  function kindOf(one: Linked): string {
    const type = typeOf(one)
    if (type === 'DECLINE') return 'declined'
    if (isSplit(one)) return 'split'
    if (isWaiting(one)) return 'waiting'
    if (type === 'AUTHORIZATION') return isSettled(one) ? 'matched' : 'pending'
    return settling.includes(type) ? 'settled' : 'other'
  }

  function isSplit(one: Linked): boolean {
    const { id = [], uuid = [] } = one.parts ?? {}
    if (id.length === 0 && uuid.length === 0) return partsOf(one).length > 0
    const isWhole = (list: (string | null)[], has: (part: Linked, value: string) => boolean) =>
      list.length > 0 && list.every(value => value !== null && partsOf(one).some(part => has(part, value)))
    return isWhole(id, (part, value) => part.key === value) || isWhole(uuid, (part, value) => part.values.transaction_uuid === value)
  }

  function isWaiting(one: Linked): boolean {
    return parentsOf(one).some(parent => !isSplit(parent) || isWaiting(parent))
  }

  function isSettled(one: Linked): boolean {
    const standing = [one, ...parentsOf(one), ...named(one, 'original_auth_transaction')]
    const settlements = transactions.filter(other => {
      const pointsTo = named(other, 'original_auth_transaction').filter(target => !relatives(other).includes(target))
      return pointsTo.some(target => standing.includes(target))
    })
    return [...settlements, ...standing.flatMap(other => named(other, 'matched_clear_transaction'))].some(
      other => settling.includes(typeOf(other)) && !relatives(one).includes(other),
    )
  }

  /** All named descendants of a transaction, including itself in a cycle. */
  function reached(one: Linked): Set<Linked> {
    const found = new Set<Linked>()
    const visit = (parent: Linked): void => {
      for (const child of alive.filter(other => !found.has(other) && isNamedPart(other, parent))) {
        found.add(child)
        visit(child)
      }
    }
    visit(one)
    return found
  }
}

/** The day of an instant in a time zone; in UTC for an unknown zone. */
export function dayIn(instant: string, zone: string | null): string {
  const format = (timeZone: string) =>
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(instant))
  return format(zone !== null && isTimeZone(zone) ? zone : 'UTC')
}

/** Whether a time zone has this name, ignoring case. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[a-z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** A merchant's name for comparison. */
export function merchantOf({ merchant_name }: Row): string | null {
  return merchant_name?.replace(/[ \t\r\n\f\v]+/g, ' ').toUpperCase() ?? null
}

function typeOf({ values }: Linked): string {
  return values.transaction_type ?? ''
}

function isSame(a: string | null | undefined, b: string | null | undefined): boolean {
  return a !== null && a !== undefined && a === b
}
