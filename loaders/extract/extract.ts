import { join } from 'node:path'
import { createClient } from './client.ts'
import { type Clock, dayOf, instantText, systemClock } from './clock.ts'
import { connectAll, userAgent } from './connect.ts'
import { makeFolder } from './disk.ts'
import { ExtractError, withText } from './failure.ts'
import { takeLock } from './lock.ts'
import { entityIn, type MarkedEntity, type Marker, markersIn, readMarker } from './marker.ts'
import type { ExtractEvent } from './progress.ts'
import { createRedact } from './redact.ts'
import type { Connection, Environment } from './settings.ts'
import { extractSource } from './source.ts'
import type { SourceConfig } from './source-config.ts'
import type { SourceRun } from './source-run.ts'
import { extractFolder, openWork, refuseExisting } from './work.ts'

/** The parameters of an extraction. */
export interface ExtractOptions {
  /** From `readSources`. */
  sources: SourceConfig[]
  dataDir: string
  /** Replaces `sync-<day in UTC>`, for a second batch of the day: `sync-2026-01-05T1200`. */
  batch?: string | undefined
  env?: Environment
  /** Aborted by Ctrl-C: ends all waits and calls at once; `extract` then throws its reason, and finished parts stay for the next run. */
  signal: AbortSignal
  /**
   * The marker (text or JSON) of the newest published batch with this entity, or undefined: walks over changes continue from there. Without
   * this function, as without a database, everything is walked.
   */
  publishedMarker?: (entity: string) => unknown
  /** Walks everything, whatever was published. */
  full?: boolean
  /** Minutes after which no request is sent; by default 240. */
  deadlineMinutes?: number
  onEvent?: (event: ExtractEvent) => void
  /** For tests: clock, random numbers, and addresses on the loopback by source. */
  clock?: Clock
  random?: () => number
  testHosts?: Record<string, string>
}

/** A new batch. */
export interface Extracted {
  batch: string
  folder: string
  marker: Marker
  /** By source. */
  calls: Record<string, number>
}

/**
 * Makes one complete batch from the sources, or none: then throws an ExtractError with its exit code, ProjectErrors for settings, or the
 * signal's reason. An existing batch is never changed.
 */
export async function extract(options: ExtractOptions): Promise<Extracted> {
  const { sources, dataDir, env = process.env, clock = systemClock } = options
  const startedAt = clock.now()
  if (sources.length === 0)
    throw new ExtractError(2, 'No source to extract', { hint: 'Name one, or add its YAML file to loaders/extract/.' })
  const connections = connectAll(sources, env, options.testHosts)
  const batch = batchName(options.batch, dayOf(startedAt))
  const target = join(dataDir, batch)
  refuseExisting(target, batch)

  makeFolder(extractFolder(dataDir))
  const lock = takeLock(extractFolder(dataDir))
  try {
    // The previous holder of the lock may have made it.
    refuseExisting(target, batch)
    const work = openWork(dataDir)
    const runs = await prepare(options, connections, { batch, work, clock, startedAt })
    const entities = Object.assign({}, ...(await allOrNone(runs)))
    const named = connections.map(({ source, base }) => ({ name: source, host: base.host }))
    const times = { started_at: instantText(startedAt), finished_at: instantText(clock.now()) }
    const marker: Marker = { format: 1, batch, ...times, sources: named, entities }
    const folder = work.publish(marker, lock.check)
    return { batch, folder, marker, calls: Object.fromEntries(runs.map(({ run }) => [run.config.source, run.client.calls()])) }
  } catch (error) {
    const redact = createRedact(connections.flatMap(({ secrets }) => secrets))
    throw error instanceof ExtractError ? withText(error, redact) : error
  } finally {
    lock.release()
  }
}

interface Prepared {
  run: SourceRun
  stop: AbortController
}

async function prepare(
  { sources, dataDir, signal, onEvent = () => {}, deadlineMinutes = 240, full = false, random = Math.random, ...options }: ExtractOptions,
  connections: Connection[],
  { batch, work, clock, startedAt }: Pick<SourceRun, 'batch' | 'work' | 'clock'> & { startedAt: number },
): Promise<Prepared[]> {
  const recent = firstOf(markersIn(dataDir), 7)
  const stop = new AbortController()
  return Promise.all(
    sources.map(async (config, at) => {
      const { base } = connections[at]!
      const published = full ? new Map<string, MarkedEntity>() : await publishedOf(config, base.host, options.publishedMarker, onEvent)
      const client = createClient(config, connections[at]!, {
        clock,
        random,
        signal: AbortSignal.any([signal, stop.signal]),
        deadline: startedAt + deadlineMinutes * 60_000,
        userAgent: userAgent(options.env ?? process.env),
        onWait: (milliseconds, reason) => onEvent({ kind: 'waiting', source: config.source, milliseconds, reason }),
      })
      const run: SourceRun = {
        config,
        base,
        client,
        work,
        clock,
        batch,
        published: entity => published.get(entity),
        last: entity => entityIn(recent, entity, base.host),
        emit: onEvent,
      }
      return { run, stop }
    }),
  )
}

// Runs the sources in parallel. The first failure stops the others, as there will be no batch.
async function allOrNone(runs: Prepared[]): Promise<Record<string, MarkedEntity>[]> {
  let failure: { error: unknown } | undefined
  const results = await Promise.all(
    runs.map(({ run, stop }) =>
      extractSource(run).catch((error: unknown) => {
        failure ??= { error }
        stop.abort(error)
        return {}
      }),
    ),
  )
  if (failure) throw failure.error
  return results
}

async function publishedOf(
  config: SourceConfig,
  host: string,
  publishedMarker: ExtractOptions['publishedMarker'],
  emit: (event: ExtractEvent) => void,
): Promise<Map<string, MarkedEntity>> {
  const found = new Map<string, MarkedEntity>()
  for (const { entity, window } of publishedMarker ? config.entities : []) {
    if (!window) continue
    try {
      const marker = await publishedMarker!(entity)
      const marked = marker === undefined || marker === null ? undefined : entityIn([readMarker(marker)], entity, host)
      if (marked) found.set(entity, marked)
    } catch (error) {
      emit({
        kind: 'notice',
        text: `Invalid published marker for ${entity}, reading everything: ${(error as Error).message}`,
      })
    }
  }
  return found
}

// The loader reads the day of a batch from its name.
function batchName(given: string | undefined, day: string): string {
  const name = given ?? `sync-${day}`
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && name.includes(day)) return name
  throw new ExtractError(2, `Invalid batch name '${name}': it must contain the day ${day}`, {
    hint: `Name it sync-${day}, or sync-${day}T1200 for a second one.`,
  })
}

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = []
  for (const item of items) if (first.push(item) === count) break
  return first
}
