import { walkDetails } from './details.ts'
import { ExtractError } from './failure.ts'
import { keepList, keptList } from './kept.ts'
import { leftOut, markEntity } from './marked.ts'
import type { MarkedEntity } from './marker.ts'
import { oldestRow } from './oldest.ts'
import { wantedOf } from './parents.ts'
import { type ListPlan, monthPlans, type Reach, reachOf, wholePlan } from './plan.ts'
import { createMeter } from './progress.ts'
import type { Entry } from './source-config.ts'
import type { Done, SourceRun } from './source-run.ts'
import { walkList } from './walk.ts'

/** Walks all entities of a source in order, one request at a time. Throws an ExtractError unless every required one was read to its end. */
export async function extractSource(run: SourceRun): Promise<Record<string, MarkedEntity>> {
  const done = new Map<string, Done[]>()
  const reaches = new Map<string, Reach>()
  const entries = run.config.entities.filter(({ enabled }) => enabled)

  for (const entry of entries) {
    const { entity } = entry
    const reach = reaches.get(entity) ?? reachOf(entry, run.published(entity), run.clock.now())
    reaches.set(entity, reach)
    done.set(entity, [...(done.get(entity) ?? []), ...(await walkEntry(run, entry, reach, done))])
  }
  return Object.fromEntries([...done].map(([entity, parts]) => [entity, markEntity(run, entity, parts, reaches.get(entity)!)]))
}

async function walkEntry(run: SourceRun, entry: Entry, reach: Reach, done: Map<string, Done[]>): Promise<Done[]> {
  try {
    if (entry.parent) return [await detailsOf(run, entry, reach, done)]
    const parts: Done[] = []
    for (const plan of await plansOf(run, entry, reach)) parts.push(await listOf(run, entry, plan))
    return parts
  } catch (error) {
    // An account may lack a feature, or a key the right to it: the marker records that, and the rest of the batch is complete.
    if (entry.required || !(error instanceof ExtractError) || error.ends === 'run') throw error
    run.emit({ kind: 'notice', text: `Skipped optional ${nameOf(entry)}: ${error.message}` })
    return [{ part: leftOut(entry, error.message), files: [], ids: [] }]
  }
}

async function plansOf(run: SourceRun, entry: Entry, reach: Reach): Promise<ListPlan[]> {
  if (!entry.slices || reach.from !== null) return [wholePlan(entry, reach)]
  const oldest = await oldestRow(run, entry, entry.slices.field)
  return oldest === undefined ? [wholePlan(entry, reach)] : monthPlans(entry.slices.field, oldest, run.clock.now())
}

async function listOf(run: SourceRun, entry: Entry, plan: ListPlan): Promise<Done> {
  const before = run.last(entry.entity)?.parts.find(({ name }) => name === plan.name)?.pages
  const meter = createMeter({ source: run.config.source, entity: entry.entity, part: plan.name, of: before }, run.clock, run.emit)
  const kept = await keptList(run, entry, plan)
  if (kept) {
    meter.done(kept.files.length, kept.ids.length, true)
    return kept
  }
  const walked = await walkList(run, entry, plan, meter)
  // An unstable list is walked again if this run does not finish.
  if (walked.part.complete) keepList(run, entry, plan, walked)
  return walked
}

async function detailsOf(run: SourceRun, entry: Entry, reach: Reach, done: Map<string, Done[]>): Promise<Done> {
  const wanted = await wantedOf(run, entry.parent!, done)
  const of = wanted.listed.length + wanted.named.length
  const meter = createMeter({ source: run.config.source, entity: entry.entity, part: entry.part, of }, run.clock, run.emit)
  return walkDetails(run, entry, reach, wanted, meter)
}

function nameOf({ entity, part }: Entry): string {
  return part === 'all' ? entity : `${entity} (${part})`
}
