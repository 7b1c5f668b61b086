import { type Batch, natural } from './batches.ts'
import type { Entity } from './feed.ts'
import { markerSays } from './marker.ts'
import { grouped } from './records.ts'
import { filesOf, type LedgerFile, recordsOf, type World } from './world.ts'

/** The dated batches that take part in absence for the entity (R5), earliest first. */
export function takingPart(world: World, entity: Entity): Batch[] {
  const snapshots: Batch[] = []
  for (const batch of world.batches)
    if (batch.date !== null && isComplete(world, entity, batch) && !isShrunk(world, entity, batch, snapshots.at(-1))) snapshots.push(batch)
  return snapshots
}

/** The dated batches that hold the entity and do not take part in absence; none for an entity that never had a record (R5). */
export function incompleteSnapshots(world: World, entity: Entity): Batch[] {
  if (recordsOf(world, entity).length === 0) return []
  const complete = world.snapshots.get(entity) ?? []
  return world.batches.filter(batch => batch.date !== null && filesOf(world, entity, batch).length > 0 && !complete.includes(batch))
}

/** Whether the folder exists, some of it reached staging, and no sign shows that records are missing (R5). */
function isComplete(world: World, entity: Entity, batch: Batch): boolean {
  const files = filesOf(world, entity, batch)
  const records = recordsOf(world, entity).filter(record => record.batch.name === batch.name)
  const hasReadableKey = [...grouped(records, ({ file }) => file).values()].every(ofFile => ofFile.some(({ key }) => key !== null))
  return (
    files.every(({ refused, signs }) => refused === null && !signs?.isBlank && !signs?.hasError) &&
    records.some(({ outcome }) => outcome === 'staged') &&
    !records.some(({ isForeign }) => isForeign) &&
    hasReadableKey &&
    hasAllPages(world, entity, batch, files)
  )
}

/** Whether no page is missing: by the extraction's marker, else by the `nextPage` of the last file (R5). */
function hasAllPages(world: World, entity: Entity, batch: Batch, files: LedgerFile[]): boolean {
  const marker = world.markers.get(batch.name)
  const said = marker === undefined ? 'silent' : markerSays(marker, batch.name, entity, files)
  if (said !== 'silent') return said === 'complete'
  const last = [...files].sort((a, b) => natural(a.path, b.path)).at(-1)
  return !last?.signs?.hasNextPage
}

/** Whether the batch lists far fewer agents or groups than the earlier one, and was not accepted (R5). */
function isShrunk(world: World, entity: Entity, batch: Batch, earlier: Batch | undefined): boolean {
  if (!earlier || !(entity === 'agents' || entity === 'admin_groups')) return false
  if (world.accepted.some(accepted => accepted.entity === entity && accepted.batch === batch.name)) return false
  const listed = (of: Batch) =>
    new Set(recordsOf(world, entity).flatMap(({ batch: { name }, key }) => (name === of.name && key !== null ? [key] : []))).size
  return listed(batch) < listed(earlier) * Number(world.vars.min_snapshot_ratio ?? '0.5')
}
