import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type Entity, entities, type Feed, type FeedBatch, type FeedFile } from './parse.ts'
import type { Seeds } from './seeds.ts'
import { recordTexts } from './texts.ts'

/** Seeds that go with the random feeds: a batch dated by hand, one undated by hand, a currency without minor units. */
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
  user_agent_overrides: [],
}

/** Small feeds of the given entities (all seven when none is named): few ids, several batches, everything dirty now and then. */
export function feeds(of: readonly Entity[] = entities): fc.Arbitrary<Feed> {
  return (
    fc
      .uniqueArray(fc.constantFrom(...batchNames), { minLength: 1, maxLength: 5 })
      .chain(names =>
        fc.tuple(
          ...names.map(name => fc.tuple(...of.map(entity => folder(name, entity))).map(folders => ({ name, files: folders.flat() }))),
        ),
      )
      .map(batches => batches.filter(({ files }) => files.length > 0))
      // A folder without any feed file is a mistake, not a feed.
      .filter(batches => batches.length > 0)
  )
}

/**
 * Random deliveries of a feed: its batches in any order, cut into loads, some of them delivered again, and some files
 * first in a draft (empty, cut short, or with the content of another file) that the feed's own file then corrects (R3).
 */
export function deliveries(feed: Feed): fc.Arbitrary<Feed[]> {
  return fc
    .tuple(
      fc.shuffledSubarray(feed, { minLength: feed.length }),
      fc.shuffledSubarray(feed, { maxLength: Math.min(2, feed.length) }),
      fc.subarray(feed).chain(batches => fc.tuple(...batches.map(batch => draftOf(batch, feed)))),
    )
    .chain(([once, again, drafts]) => {
      const all = [...drafts, ...once, ...again]
      return fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }).map(cuts => {
        const loads: Feed[] = []
        all.forEach((batch, index) => {
          const isHere = loads.at(-1)?.some(({ name }) => name === batch.name)
          if (index === 0 || cuts[index] || isHere) loads.push([batch])
          else loads.at(-1)?.push(batch)
        })
        return loads
      })
    })
}

/** Writes a feed below a data folder, in the layout of the feed. */
export function writeFeed(feed: Feed, folder: string): void {
  for (const { path, content, damage } of feed.flatMap(({ files }) => files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    const text = damage === 'utf8' ? Buffer.concat([Buffer.from(content), Buffer.from([0xff, 0xc3])]) : Buffer.from(content)
    const bytes = path.endsWith('.gz') ? gzipSync(text) : text
    writeFileSync(join(folder, path), damage === 'gzip' ? bytes.subarray(0, bytes.length - 9) : bytes)
  }
}

/** A batch as it was before its files were corrected. */
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
  return fc.tuple(...batch.files.map(draftFile)).map(files => ({ name: batch.name, files }))
}

/** Days 1, 2, 3 and 10 and others of the same days, and undated ones (R2). */
const batchNames = [
  'sync-day1',
  'sync-day2',
  'sync-day3',
  'sync-day10',
  'sync-day4',
  'sync-2026-01-05',
  'sync-2026-01-06',
  'sync-2026-01-06-b',
  'handover',
  'tran',
  'zz',
]

/** The files of an entity in a batch: none, pages, one file instead of a folder, or something broken. */
function folder(batch: string, entity: Entity): fc.Arbitrary<FeedFile[]> {
  const inFolder = (name: string) => `${batch}/${entity}/${name}`
  const pages = fc
    .array(content(entity), { minLength: 1, maxLength: 3 })
    .map(contents =>
      contents.map((one, page): FeedFile => ({ entity, path: inFolder(`${pageNames[page]}${one.ending}`), content: one.text })),
    )
  const repeatedPage = pages.map(files => [
    ...files,
    ...files.slice(0, 1).map(file => ({ ...file, path: file.path.replace(/\/1\./, '/12.') })),
  ])
  const single = content(entity).map((one): FeedFile[] => [{ entity, path: `${batch}/${entity}${one.ending}`, content: one.text }])
  const withBroken = fc
    .tuple(pages, fc.constantFrom(...brokenFiles))
    .map(([files, broken]) => [...files, { entity, path: inFolder(`3${broken.ending}`), content: broken.text, ...damageOf(broken) }])
  const onlyBroken = fc
    .constantFrom(...brokenFiles, ...emptyFiles)
    .map((broken): FeedFile[] => [{ entity, path: inFolder(`1${broken.ending}`), content: broken.text, ...damageOf(broken) }])

  return fc.oneof(
    { weight: 12, arbitrary: pages },
    { weight: 3, arbitrary: fc.constant<FeedFile[]>([]) },
    { weight: 1, arbitrary: repeatedPage },
    { weight: 1, arbitrary: single },
    { weight: 1, arbitrary: withBroken },
    { weight: 1, arbitrary: onlyBroken },
  )
}

interface Content {
  text: string
  ending: string
  damage?: 'gzip' | 'utf8'
}

/** Records as a file of one of the shapes that the feed is met in. */
function content(entity: Entity): fc.Arbitrary<Content> {
  const list = fc.array(recordTexts[entity], { maxLength: entity === 'agent_details' ? 2 : 5 })
  const shape = fc.constantFrom('array', 'array', 'page', 'page', 'pretty', 'bom', 'lines', 'wrapped lines', 'broken line')
  return fc.tuple(list, shape, fc.nat(4)).map(([records, form, zip]) => {
    const gz = zip === 0 ? '.gz' : ''
    if (entity === 'agent_details' && records.length === 1 && !form.includes('line'))
      return { text: records[0] ?? '', ending: `.json${gz}` }
    if (form.includes('line')) return { text: lines(records, form), ending: `${zip === 1 ? '.jsonl' : '.ndjson'}${gz}` }
    const array = `[${records.join(form === 'pretty' ? ',\n  ' : ',')}]`
    if (form === 'page') return { text: `{"${pageNameOf[entity] ?? 'results'}":${array}}`, ending: `.json${gz}` }
    return { text: form === 'bom' ? `\ufeff${array}\n` : array, ending: `.json${gz}` }
  })
}

function lines(records: string[], form: string): string {
  const wrap = (record: string) => (form === 'wrapped lines' ? `{"stream":"s","data":${record},"emitted_at":1767225600000}` : record)
  const all = records.filter(record => record.startsWith('{')).map(wrap)
  if (form === 'broken line') all.splice(1, 0, '{"id":101,"name":')
  return all.map(line => `${line}\n`).join('')
}

function damageOf({ damage }: Content): Pick<FeedFile, 'damage'> {
  return damage ? { damage } : {}
}

/** Pages in natural order that differs from the order of the texts. */
const pageNames = ['1', '2', '10']

const pageNameOf: Partial<Record<Entity, string>> = { agents: 'agents', admin_groups: 'groups', roles: 'data', agent_details: 'data' }

/** Files that are refused whole (R6). */
const brokenFiles: Content[] = [
  { text: '[{"id":101,"name":"A"},{"id":10', ending: '.json' },
  { text: '{"id":101,"name":"A"}\n{"id":102,"na', ending: '.ndjson' },
  { text: '{"description":"Access denied","errors":[{"code":"x"}]}', ending: '.json' },
  { text: '[{"timestamp":"2026-01-05T00:00:00Z","code":"BDC_1144","severity":"ERROR","message":"Invalid session"}]', ending: '.json' },
  { text: '<!DOCTYPE html>\n<html><body>Log in</body></html>', ending: '.json' },
  { text: '[{"id":101,"name":"A"}]', ending: '.json', damage: 'utf8' },
  { text: '[{"id":101,"name":"A"}]', ending: '.json.gz', damage: 'gzip' },
  { text: '[{"id":101,"name":"A\u0000"}]', ending: '.json' },
]

/** Files without records. */
const emptyFiles: Content[] = [
  { text: '', ending: '.json' },
  { text: '[]', ending: '.json' },
  { text: '{"results":[]}', ending: '.json' },
  { text: '', ending: '.ndjson' },
]
