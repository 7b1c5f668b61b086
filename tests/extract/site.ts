import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readSources } from '../../loaders/extract/config.ts'
import { type Extracted, type ExtractOptions, extract } from '../../loaders/extract/extract.ts'
import { type ExtractError, exitCodeOf } from '../../loaders/extract/failure.ts'
import { eventLine } from '../../loaders/extract/progress.ts'
import type { SourceConfig } from '../../loaders/extract/source-config.ts'
import { ProjectErrors } from '../../run/base/errors.ts'
import { quickFolder } from '../memory.ts'
import { type TestClock, testClock } from './clock.ts'
import { type Desk, invent, type Size, type Spend } from './data.ts'
import { type FakeBill, startBill } from './fake-bill.ts'
import { type FakeFreshdesk, startFreshdesk } from './fake-freshdesk.ts'
import { type FakeServer, startFake } from './server.ts'

/** Both APIs, a foreign server, and a data folder. */
export interface Site {
  desk: Desk
  spend: Spend
  freshdesk: FakeFreshdesk
  bill: FakeBill
  /** The target of redirects and foreign links; it must never receive a secret. */
  foreign: FakeServer
  clock: TestClock
  dataDir: string
  options(changed?: Partial<ExtractOptions>): ExtractOptions
  /** Extracts, and gives the outcome. */
  bring(changed?: Partial<ExtractOptions>): Promise<Outcome>
  close(): Promise<void>
}

/** The outcome of an extraction. */
export interface Outcome {
  extracted: Extracted | undefined
  /** 0 or the exit code. */
  code: number
  /** The error's message and hint. */
  said: string
  /** All reported events, as lines. */
  lines: string[]
}

/** The keys of the fake servers; no output may contain them, in any form. */
export const secrets = { freshdesk: 'fd-Kx7qT2mVw9RbLz3P', bill: 'bill+tok/en=Qz81mWv0' }

/** The environment variables of the sources, with values for the fake servers. */
export const environment = { FRESHDESK_SUBDOMAIN: 'acme', FRESHDESK_API_KEY: secrets.freshdesk, BILL_API_TOKEN: secrets.bill }

/** Starts a site. Pages are short (`pageSize`), so that few records fill many. */
export async function createSite({
  pageSize = 4,
  limit,
  change = config => config,
  ...size
}: Partial<Size> & { pageSize?: number; limit?: number; change?: (config: SourceConfig) => SourceConfig } = {}): Promise<Site> {
  const { desk, spend } = invent({ seed: 1, agents: 10, transactions: 20, ...size })
  const clock = testClock()
  const foreign = await startFake({
    base: '',
    secret: '',
    now: clock.now,
    answer: () => ({ status: 200, headers: {}, body: Buffer.from('[]') }),
  })
  const shared = { now: clock.now, foreign: foreign.host }
  const freshdesk = await startFreshdesk(desk, { ...shared, secret: secrets.freshdesk, ...(limit && { limit }) })
  const bill = await startBill(spend, { ...shared, secret: secrets.bill })
  const dataDir = quickFolder('deskledger-extract-')
  const sources = smallSources(pageSize).map(change)
  return { desk, spend, freshdesk, bill, foreign, clock, dataDir, options, bring, close }

  function options(changed: Partial<ExtractOptions> = {}): ExtractOptions {
    const testHosts = { freshdesk: freshdesk.host, bill: bill.host }
    const { signal } = new AbortController()
    return { sources, dataDir, env: environment, signal, clock, random: () => 0.5, testHosts, ...changed }
  }

  async function bring(changed: Partial<ExtractOptions> = {}): Promise<Outcome> {
    const lines: string[] = []
    const all = options({ onEvent: event => lines.push(eventLine(event)), ...changed })
    try {
      return { extracted: await extract(all), code: 0, said: '', lines }
    } catch (error) {
      const code = exitCodeOf(error)
      if (code === undefined) throw error
      const errors = error instanceof ProjectErrors ? error.errors : [error as ExtractError]
      return { extracted: undefined, code, said: errors.map(({ message, hint }) => `${message}\n${hint ?? ''}`).join('\n'), lines }
    }
  }

  async function close(): Promise<void> {
    await Promise.all([freshdesk.close(), bill.close(), foreign.close()])
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** A source with short pages, and a quota that no test reaches. */
export function smaller(config: SourceConfig, pageSize: number): SourceConfig {
  const entities = config.entities.map(entry =>
    entry.page_size ? { ...entry, page_size: { ...entry.page_size, value: pageSize } } : entry,
  )
  return { ...config, entities, calls_per_minute: 6000, timeout_seconds: 30 }
}

/** Sources with a shorter timeout for answers. */
export function impatient(sources: SourceConfig[], seconds: number): SourceConfig[] {
  return sources.map(config => ({ ...config, timeout_seconds: seconds }))
}

/** Both sources with short pages. */
export function smallSources(pageSize: number): SourceConfig[] {
  return readSources(['freshdesk', 'bill']).map(config => smaller(config, pageSize))
}

/** The batches of a data folder: the folders that a loader would take for one. */
export function batchesIn(dataDir: string): string[] {
  return readdirSync(dataDir).filter(name => !/^[._]/.test(name))
}

/** The files below a folder, relative to it. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => statSync(join(folder, name)).isFile())
    .sort()
}

/** The records of an entity in a batch, as text, in the order of its files. */
export function recordsOf(folder: string, entity: string): string[] {
  return filesBelow(join(folder, entity)).flatMap(name => splitRecords(readFileSync(join(folder, entity, name), 'utf8')))
}

/** The elements of a page's list, or its single record, each as its own text. */
export function splitRecords(page: string): string[] {
  const text = page.replace(/^\ufeff/, '').trim()
  const start = text.startsWith('{"results":[') ? text.indexOf('[') : 0
  if (text[start] !== '[') return [text]
  const records: string[] = []
  let depth = 0
  let from = start + 1
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"') {
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
    } else if (text[at] === '{' || text[at] === '[') depth++
    else if (text[at] === '}' || text[at] === ']') {
      depth--
      if (depth === 1 && text[at] === '}') records.push(text.slice(from, at + 1).replace(/^,/, ''))
      if (depth === 1) from = at + 1
      if (depth === 0) break
    }
  }
  return records
}
