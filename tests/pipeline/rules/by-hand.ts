import { type Entity, entities, type Feed, type FeedBatch, type FeedFile } from './feed.ts'
import { feedSeeds } from './feeds.ts'
import type { Row } from './records.ts'
import type { Seeds, Vars } from './seeds.ts'
import { tables } from './tables.ts'
import { expectedWarehouse } from './warehouse.ts'

/**
 * A feed written by hand: contents by path; values other than texts are written as JSON. `_COMPLETE` of a batch is its marker. `damaged`
 * names files with broken bytes.
 */
export function feedOf(files: Record<string, unknown>, damaged: Record<string, 'gzip' | 'utf8'> = {}): Feed {
  const feed: Feed = []
  for (const [path, content] of Object.entries(files)) {
    const [name = '', second = ''] = path.split('/')
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    const batch: FeedBatch = feed.find(known => known.name === name) ?? { name, files: [] }
    if (!feed.includes(batch)) feed.push(batch)
    if (second === '_COMPLETE') {
      batch.marker = text
      continue
    }
    const entity = entities.find(known => known === second.replace(/\..*$/, '')) as Entity
    const file: FeedFile = { entity, path, content: text }
    if (damaged[path]) file.damage = damaged[path]
    batch.files.push(file)
  }
  return feed
}

/** The tables of a feed. */
export type Found = Record<string, Row[]>

/** The tables of a feed written by hand, by default with the seeds of the random feeds. */
export function warehouse(
  files: Record<string, unknown>,
  damaged: Record<string, 'gzip' | 'utf8'> = {},
  seeds: Seeds = feedSeeds,
  vars: Vars = {},
): Found {
  return expectedWarehouse(feedOf(files, damaged), seeds, vars)
}

/** `severity type field` of the errors of a single file of an entity. */
export function findings(entity: keyof typeof feedNames, records: unknown[]): string[] {
  return texts(warehouse({ [`tran/${feedNames[entity]}/1.json`]: records }), entity)
}

/** `severity type field` of the open errors of an errors table. */
export function texts(found: Found, entity: string): string[] {
  return pick(found, `errors.${entity}_pipeline_errors`, 'severity', 'error_type', 'field').map(row => row.join(' '))
}

/** The types of the open errors of an errors table. */
export function errorTypes(found: Found, entity: string): (string | null)[] {
  return pick(found, `errors.${entity}_pipeline_errors`, 'error_type').flat()
}

/** The columns of a table's rows, in the order of the rows' texts by key, or of the errors' own texts. */
export function pick(found: Found, table: string, ...columns: string[]): (string | null)[][] {
  const key = tables[table]?.key ?? []
  const order = (row: Row) => JSON.stringify((key.length > 0 ? key : columns).map(column => row[column] ?? ''))
  const rows = [...(found[table] ?? [])].sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return rows.map(row => columns.map(column => row[column] ?? null))
}

/** The only row of a table. */
export function only(found: Found, table: string): Row {
  const [row, ...others] = found[table] ?? []
  if (!row || others.length > 0) throw new Error(`${table} has ${row ? others.length + 1 : 0} rows, not one`)
  return row
}

/** Agent 1, with only a name. */
export function agent(fields: object = {}): object {
  return { id: 1, contact: { name: 'Ann Able' }, ...fields }
}

/** An agent of the list, with all fields in feed.md. */
export function person(id: number, name: string, fields: object = {}): object {
  const times = { created_at: '2025-03-01T09:00:00Z', updated_at: '2026-01-04T08:00:00Z' }
  const contact = { active: true, email: `${name.toLowerCase().replace(' ', '.')}@example.test`, name, language: 'en', time_zone: 'UTC' }
  const flags = { available: true, occasional: false, focus_mode: false, freshchat_agent: false, deactivated: false }
  return { id, ...flags, ticket_scope: 1, type: 'support_agent', signature: null, ...times, contact: { ...contact, ...times }, ...fields }
}

/** Group 1, with only a name. */
export function group(fields: object = {}): object {
  return { id: 1, name: 'Support', ...fields }
}

/** Role 1, with only a name. */
export function role(fields: object = {}): object {
  return { id: 1, name: 'A', ...fields }
}

/** Card C of user U1, without a budget. */
export function card(fields: object = {}): object {
  return { id: 'C', userId: 'U1', type: 'PHYSICAL', status: 'ACTIVATED', createdTime: '2026-01-01T00:00:00Z', ...fields }
}

/** Transaction T of 10.50 dollars. */
export function transaction(fields: object = {}): object {
  return { id: 'T', amount: 10.5, occurredTime: '2026-01-03T12:00:00Z', ...money(), ...fields }
}

/** 10.50 dollars at a rate of 1, except for the given fields. */
export function money(fields: object = {}): object {
  return { currencyData: { originalCurrencyAmount: '1050', exponent: 2, originalCurrencyCode: 'USD', exchangeRate: 1, ...fields } }
}

const feedNames = {
  agent: 'agents',
  group: 'admin_groups',
  role: 'roles',
  user: 'users',
  budget: 'budgets',
  card: 'cards',
  transaction: 'transactions',
}
