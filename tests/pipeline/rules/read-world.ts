import { compareBatches, datedBatch, isBatch } from './batches.ts'
import { type Entity, entities, type Feed } from './feed.ts'
import { judgeHelpdesk } from './helpdesk.ts'
import { type Content, readFile } from './parse.ts'
import { judgeRecord, markDuplicates, type Read } from './records.ts'
import type { Seeds, Vars } from './seeds.ts'
import { takingPart } from './snapshots.ts'
import { judgeSpend } from './spend-records.ts'
import type { AcceptedShrink, LedgerFile, World } from './world.ts'

/** Reads and judges a feed. The last file of a path, and the last marker of a batch, count (R3). */
export function worldOf(feed: Feed, seeds: Seeds, vars: Vars, accepted: AcceptedShrink[]): World {
  const byPath = new Map<string, LedgerFile>()
  const contents = new Map<string, Content>()
  const markers = new Map<string, string>()

  for (const { name, files, marker } of feed.filter(folder => isBatch(folder.name))) {
    if (marker !== undefined) markers.set(name, marker)
    for (const file of files) {
      const content = readFile(file)
      const state = 'refused' in content ? { refused: content.refused, signs: null } : { refused: null, signs: content.signs }
      contents.set(file.path, content)
      byPath.set(file.path, { ...file, batch: datedBatch(name, seeds, vars), ...state })
    }
  }

  const files = [...byPath.values()]
  const batches = [...new Map(files.map(({ batch }) => [batch.name, batch])).values()].sort(compareBatches)
  const world: World = { seeds, vars, accepted, batches, files, markers, records: [], snapshots: new Map(), relations: [] }
  for (const file of files) {
    const content = contents.get(file.path)
    if (!content || 'refused' in content) continue
    content.records.forEach((landed, position) => {
      const place = { batch: file.batch, file: file.path, position }
      world.records.push(judgeRecord(file.entity, landed, place, readerOf(file.entity, seeds)))
    })
  }
  markDuplicates(world.records)
  for (const entity of entities) world.snapshots.set(entity, takingPart(world, entity))
  return world
}

/** The rules on the fields of an entity's records. */
function readerOf(entity: Entity, seeds: Seeds): Read {
  return entity in judgeHelpdesk
    ? judgeHelpdesk[entity as keyof typeof judgeHelpdesk]
    : (record, findings) => judgeSpend[entity as keyof typeof judgeSpend](record, findings, seeds)
}
