import { createWriteStream, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { Command, InvalidArgumentError, Option } from 'commander'
import { feedOf, type Plan, type Records } from './days.ts'
import { dirt, type Spoil } from './dirt.ts'
import { directoryOf } from './people.ts'
import { randomOf } from './random.ts'
import { jsonText } from './text.ts'

/** The parameters of a feed to write. */
export interface Feed extends Plan {
  out: string
  days: number
  /** The first day to write; earlier days count as written. */
  from: number
  /** A file per agent in agent_details. */
  details: boolean
  /** A file per agent in agent_availability. */
  availability?: boolean
  /** Share of records to spoil. */
  dirty: number
  format: Format
}

type Format = 'array' | 'ndjson' | 'gz'
type Entity = keyof typeof dirt

/** Writes sync-day1, sync-day2 … and gives the number of bytes. Memory grows with the number of agents, not of transactions. */
export async function generate(feed: Feed): Promise<number> {
  const records = feedOf(feed, directoryOf(feed.seed))
  let bytes = 0
  for (let day = feed.from; day <= feed.days; day++) {
    const batch = join(feed.out, `sync-day${day}`)
    for (const entity of ['agents', 'admin_groups', 'roles', 'users', 'budgets', 'cards', 'transactions'] as const) {
      bytes += await writeEntity(join(batch, entity), feed, entity, texts(records[entity](day), feed, entity, day))
    }
    for (const entity of ['agent_details', 'agent_availability'] as const)
      if (feed[entity === 'agent_details' ? 'details' : 'availability'])
        bytes += writeFiles(join(batch, entity), records[entity](day), feed, entity, day)
  }
  return bytes
}

/** One line per record, some of them spoilt. */
function* texts(records: Records, { seed, dirty }: Feed, entity: Entity, day: number): Iterable<string> {
  const random = randomOf(seed, 'dirt', entity, day)
  const spoils: Spoil[] = Object.values(dirt[entity])
  for (const record of records) yield random.chance(dirty) ? jsonText(random.pick(spoils)(record)) : JSON.stringify(record)
}

async function writeEntity(folder: string, { format }: Feed, entity: Entity, lines: Iterable<string>): Promise<number> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `1.${format === 'ndjson' ? 'ndjson' : format === 'gz' ? 'json.gz' : 'json'}`)
  const results = ['users', 'budgets', 'cards', 'transactions'].includes(entity)
  const marks =
    format === 'ndjson'
      ? { head: '', between: '\n', tail: '\n' }
      : { head: results ? '{"results":[' : '[', between: ',', tail: results ? ']}' : ']' }
  const source = Readable.from(chunks(lines, marks), { highWaterMark: 2 })
  const file = createWriteStream(path)
  await (format === 'gz' ? pipeline(source, createGzip({ level: 1 }), file) : pipeline(source, file))
  return statSync(path).size
}

/** Some hundred kB at a time: a write per record would be slow, and one string for all would be too large. */
function* chunks(lines: Iterable<string>, { head, between, tail }: { head: string; between: string; tail: string }): Iterable<Buffer> {
  let text = head
  let first = true
  for (const line of lines) {
    text += first ? line : between + line
    first = false
    if (text.length < 262_144) continue
    yield Buffer.from(text)
    text = ''
  }
  yield Buffer.from(first && tail === '\n' ? text : text + tail)
}

/** A file per agent, named by its id. */
function writeFiles(folder: string, records: Records, feed: Feed, entity: Entity, day: number): number {
  mkdirSync(folder, { recursive: true })
  const ids: unknown[] = []
  const seen = function* () {
    for (const record of records) {
      ids.push(record.id ?? String(record.agent_ref).replace(/.*\//, ''))
      yield record
    }
  }
  let bytes = 0
  for (const text of texts(seen(), feed, entity, day)) {
    writeFileSync(join(folder, `${ids.pop()}.json`), text)
    bytes += Buffer.byteLength(text)
  }
  return bytes
}

function number(text: string): number {
  const value = Number(text)
  if (!(value >= 0)) throw new InvalidArgumentError('It must be a number, 0 or more.')
  return value
}

const command = new Command('generate')
  .description('Writes an invented feed of any size, the same one for the same arguments.')
  .requiredOption('--out <folder>', 'where the batches sync-day1, sync-day2 … go')
  .option('--agents <n>', 'agents on day 1', number, 1000)
  .option('--groups <n>', 'groups', number, 50)
  .option('--transactions <n>', 'transactions on day 1', number, 10_000)
  .option('--days <n>', 'the last day', number, 1)
  .option('--from <n>', 'the first day to write', number, 1)
  .option('--seed <n>', 'another seed, another feed', number, 1)
  .option('--changes <share>', 'new and updated transactions a day, half and half', number, 0.01)
  .option('--churn <share>', 'agents a day to whom something happens: they leave, return, change roles or groups', number, 0.005)
  .option('--active <share>', 'agents a day who do something: their last_active_at moves', number, 0.3)
  .option('--used <share>', 'cards a day that are used: what they spent moves', number, 0.2)
  .option('--snapshots', 'send all transactions again each day, not only the new and updated', false)
  .option('--details', 'a file per agent in agent_details', false)
  .option('--availability', 'a file per agent in agent_availability', false)
  .option('--dirty <share>', 'records to spoil', number, 0)
  .addOption(new Option('--format <format>', 'one file per entity and day').choices(['array', 'ndjson', 'gz']).default('array'))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const feed = command.parse().opts<Feed>()
  const start = performance.now()
  const megabytes = (await generate(feed)) / 1e6
  const seconds = (performance.now() - start) / 1000
  process.stderr.write(`${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s: ${feed.out}\n`)
}
