import type { Batch } from './batches.ts'
import type { Entity, FeedFile } from './feed.ts'
import type { Finding } from './fields.ts'
import type { Signs } from './parse.ts'
import type { Judged } from './records.ts'
import type { Seeds, Vars } from './seeds.ts'

/** A file in the ledger, with its batch: refused for a reason, or loaded with its signs. */
export interface LedgerFile extends FeedFile {
  batch: Batch
  refused: string | null
  signs: Signs | null
}

/** A batch that was accepted although it lists far fewer records than the one before it (R5). */
export interface AcceptedShrink {
  entity: Entity
  batch: string
}

/** The input of all tables: the batches by rank, the files, each record judged by itself, and findings about relations. */
export interface World {
  seeds: Seeds
  vars: Vars
  accepted: AcceptedShrink[]
  batches: Batch[]
  files: LedgerFile[]
  /** The markers of extractions, by the names of their batches (R5). */
  markers: Map<string, string>
  records: Judged[]
  /** The batches that take part in absence, earliest first (R5). */
  snapshots: Map<Entity, Batch[]>
  /** Findings of rules on relations (R10), added while the core tables are computed. */
  relations: { record: Judged; finding: Finding }[]
}

/** The records of an entity. */
export function recordsOf(world: World, entity: Entity): Judged[] {
  return world.records.filter(record => record.entity === entity)
}

/** The files of an entity in a batch. */
export function filesOf(world: World, entity: Entity, batch: Batch): LedgerFile[] {
  return world.files.filter(file => file.entity === entity && file.batch.name === batch.name)
}

/** The dated batches that take part in absence for the entity (R5), earliest first. */
export function snapshotsOf(world: World, entity: Entity): Batch[] {
  return world.snapshots.get(entity) ?? []
}

/** Whether the latest snapshot of the entity lists the key; true without a snapshot (R5). */
export function isListedLast(world: World, entity: Entity, key: string): boolean {
  const latest = snapshotsOf(world, entity).at(-1)
  return !latest || isListed(world, entity, latest, key)
}

/** Whether the batch contains a record with that readable key, accepted or quarantined (R5); foreign records do not count. */
export function isListed(world: World, entity: Entity, batch: Batch, key: string): boolean {
  return recordsOf(world, entity).some(record => record.batch.name === batch.name && record.key === key && !record.isForeign)
}
