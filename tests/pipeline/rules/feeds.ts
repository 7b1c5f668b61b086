import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import fc from 'fast-check'
import { bytesOf } from './bytes.ts'
import { type Entity, entities, type Feed, type FeedBatch, type FeedFile } from './feed.ts'
import { filesIn } from './files.ts'
import { markerOf } from './markers.ts'
import type { Seeds } from './seeds.ts'

/**
 * Seeds for the random feeds: a batch dated by hand, one undated by hand, a currency without minor units, an override to an unknown agent.
 */
export const feedSeeds: Seeds = {
  sync_batches: [
    { batch: 'handover', sync_date: '2026-01-06' },
    { batch: 'sync-day4', sync_date: '' },
  ],
  currencies: [
    { code: 'USD', minor_units: '2', name: 'US Dollar' },
    { code: 'GBP', minor_units: '2', name: 'Pound Sterling' },
    { code: 'JPY', minor_units: '0', name: 'Yen' },
    { code: 'BHD', minor_units: '3', name: 'Bahraini Dinar' },
    { code: 'XAU', minor_units: '', name: 'Gold' },
  ],
  exchange_rates: [
    { rate_date: '2026-01-02', currency: 'GBP', usd_per_unit: '1.25' },
    { rate_date: '2026-01-04', currency: 'GBP', usd_per_unit: '1.3125' },
    { rate_date: '2026-01-01', currency: 'JPY', usd_per_unit: '0.00671' },
  ],
  user_agent_overrides: [
    { user_id: 'VXNlcjoy', agent_id: '199' },
    { user_id: 'VXNlcjoz', agent_id: '104' },
  ],
}

/** Small feeds of the given entities (by default all seven): few ids, several batches, everything dirty occasionally. */
export function feeds(of: readonly Entity[] = entities): fc.Arbitrary<Feed> {
  return (
    fc
      .uniqueArray(fc.constantFrom(...batchNames), { minLength: 1, maxLength: 5 })
      .chain(names =>
        fc.tuple(
          ...names.map(name => fc.tuple(...of.map(entity => filesIn(name, entity))).chain(folders => batchOf(name, folders.flat()))),
        ),
      )
      .map(batches => batches.filter(({ files }) => files.length > 0))
      // A folder without feed files is a mistake, not a feed.
      .filter(batches => batches.length > 0)
  )
}

/**
 * Random deliveries of a feed: its batches in any order, divided into loads, some delivered again, and some files first as a draft (empty,
 * truncated, or with the content of another file) that the feed's own file then corrects (R3). The last load sometimes includes a folder
 * that is not a batch (R1).
 */
export function deliveries(feed: Feed): fc.Arbitrary<Feed[]> {
  return fc
    .tuple(
      fc.shuffledSubarray(feed, { minLength: feed.length }),
      fc.shuffledSubarray(feed, { maxLength: Math.min(2, feed.length) }),
      fc.subarray(feed).chain(batches => fc.tuple(...batches.map(batch => draftOf(batch, feed)))),
      fc.option(fc.tuple(fc.constantFrom('_draft', '.sync-day2'), fc.constantFrom(...feed)), { freq: 4 }),
    )
    .chain(([once, again, drafts, passedOver]) => {
      const all = [...drafts, ...once, ...again]
      return fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }).map(cuts => {
        const loads: Feed[] = []
        all.forEach((batch, index) => {
          const isHere = loads.at(-1)?.some(({ name }) => name === batch.name)
          if (index === 0 || cuts[index] || isHere) loads.push([batch])
          else loads.at(-1)?.push(batch)
        })
        if (passedOver) loads.at(-1)?.push(renamed(passedOver[1], passedOver[0]))
        return loads
      })
    })
}

/** Writes a feed below a data folder, in the layout of the feed. */
export function writeFeed(feed: Feed, folder: string): void {
  for (const { name, files, marker } of feed) {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file.path)), { recursive: true })
      writeFileSync(join(folder, file.path), bytesOf(file))
    }
    if (marker !== undefined) writeFileSync(join(folder, name, '_COMPLETE'), marker)
  }
}

/** A batch of these files, sometimes with the marker of its extraction (R5). */
function batchOf(name: string, files: FeedFile[]): fc.Arbitrary<FeedBatch> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({ name, files }) },
    { weight: 1, arbitrary: markerOf(name, files).map(marker => ({ name, files, marker })) },
  )
}

/** A batch before the correction of its files and its marker. */
function draftOf(batch: FeedBatch, feed: Feed): fc.Arbitrary<FeedBatch> {
  const draftFile = (file: FeedFile): fc.Arbitrary<FeedFile> => {
    const { entity, path, content } = file
    const alike = feed.flatMap(({ files }) => files).filter(other => other.entity === entity && extname(other.path) === extname(path))
    const contents = fc.constantFrom('', content.slice(0, content.length / 2), ...alike.map(other => other.content))
    return fc.oneof(
      fc.constant(file),
      contents.map(draft => ({ entity, path, content: draft })),
    )
  }
  const files = fc.tuple(...batch.files.map(draftFile))
  if (batch.marker === undefined) return files.map(drafts => ({ name: batch.name, files: drafts }))
  return fc
    .tuple(files, fc.constantFrom(batch.marker, '{', '{"entities":{}}'))
    .map(([drafts, marker]) => ({ name: batch.name, files: drafts, marker }))
}

function renamed({ name, files }: FeedBatch, other: string): FeedBatch {
  return { name: other, files: files.map(file => ({ ...file, path: other + file.path.slice(name.length) })) }
}

/** Days 1, 2, 3 and 10 and others of the same days, dates in all forms, undated ones, and names that only look like dates (R2). */
const batchNames = [
  'sync-day1',
  'sync-day2',
  'sync-day3',
  'sync-day10',
  'sync-day4',
  'sync-2026-01-05',
  'sync-2026-01-06',
  'sync-2026-01-06-b',
  '20260107',
  '20260106T060000Z',
  'export_2026_01_07_0930',
  'feed.2026.1.8',
  'handover',
  'week1',
  '2026-02-30',
  '120260105',
  'tran',
  'zz',
]
