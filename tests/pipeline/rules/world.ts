import { type Batch, compareBatches, datedBatch } from './batches.ts'
import type { Finding } from './fields.ts'
import { judgeHelpdesk } from './helpdesk.ts'
import { type Entity, type Feed, type FeedFile, readFile } from './parse.ts'
import { type Judged, judgeRecord, markDuplicates } from './records.ts'
import type { Seeds, Vars } from './seeds.ts'
import { judgeSpend } from './spend-records.ts'

/** A file as the ledger has it, with its batch. */
export interface LedgerFile extends FeedFile {
  batch: Batch
  refused: string | null
}

/** Everything that the tables are made of: the batches by rank, the files, each record judged by itself, what relations say of some. */
export interface World {
  seeds: Seeds
  vars: Vars
  batches: Batch[]
  files: LedgerFile[]
  records: Judged[]
  /** Findings of rules on relations (R10), filled while the core tables are made. */
  relations: { record: Judged; finding: Finding }[]
}

/** Reads and judges a feed. Files of one path: the last one stands (R3). */
export function worldOf(feed: Feed, seeds: Seeds, vars: Vars): World {
  const byPath = new Map<string, LedgerFile>()
  const world: World = { seeds, vars, batches: [], files: [], records: [], relations: [] }
  const parsed = new Map<string, ReturnType<typeof readFile>>()

  for (const { name, files } of feed)
    for (const file of files) {
      const content = readFile(file)
      parsed.set(file.path, content)
      byPath.set(file.path, { ...file, batch: datedBatch(name, seeds, vars), refused: 'refused' in content ? content.refused : null })
    }

  world.files = [...byPath.values()]
  world.batches = [...new Map(world.files.map(({ batch }) => [batch.name, batch])).values()].sort(compareBatches)
  for (const file of world.files) {
    const content = parsed.get(file.path)
    if (!content || !('records' in content)) continue
    content.records.forEach((landed, position) => {
      const place = { batch: file.batch, file: file.path, position }
      world.records.push(
        judgeRecord(file.entity, landed, place, (record, findings) =>
          file.entity in judgeHelpdesk
            ? judgeHelpdesk[file.entity as keyof typeof judgeHelpdesk](record, findings)
            : judgeSpend[file.entity as keyof typeof judgeSpend](record, findings, seeds),
        ),
      )
    })
  }
  markDuplicates(world.records)
  return world
}

/** The records of an entity. */
export function recordsOf(world: World, entity: Entity): Judged[] {
  return world.records.filter(record => record.entity === entity)
}

/** The dated batches that take part in absence for the entity (R5), the earliest first. */
export function snapshotsOf(world: World, entity: Entity): Batch[] {
  const snapshots: Batch[] = []
  for (const batch of world.batches) {
    const files = world.files.filter(file => file.entity === entity && file.batch.name === batch.name)
    const isStaged = recordsOf(world, entity).some(record => record.batch.name === batch.name && record.outcome === 'staged')
    const isComplete = batch.date !== null && files.length > 0 && files.every(file => file.refused === null) && isStaged
    if (isComplete && !isShrunk(world, entity, batch, snapshots.at(-1))) snapshots.push(batch)
  }
  return snapshots
}

/** Whether the batch lists far fewer than the earlier one (R5). */
function isShrunk(world: World, entity: Entity, batch: Batch, earlier: Batch | undefined): boolean {
  if (!earlier) return false
  const listed = (of: Batch) =>
    new Set(recordsOf(world, entity).flatMap(({ batch: { name }, key }) => (name === of.name && key !== null ? [key] : []))).size
  return listed(batch) < listed(earlier) * Number(world.vars.min_snapshot_ratio ?? '0.5')
}

/** Whether the batch holds a record with that readable key, accepted or quarantined (R5). */
export function isListed(world: World, entity: Entity, batch: Batch, key: string): boolean {
  return recordsOf(world, entity).some(record => record.batch.name === batch.name && record.key === key)
}
