import { instantText } from './clock.ts'
import { cutQuery } from './cut.ts'
import { sha256 } from './disk.ts'
import { ExtractError } from './failure.ts'
import type { MarkedFile, MarkedPart } from './marker.ts'
import { idsOfPage } from './page.ts'
import { type EndedBy, paginators } from './paginators.ts'
import type { ListPlan } from './plan.ts'
import type { Meter } from './progress.ts'
import type { Question } from './question.ts'
import type { Entry } from './source-config.ts'
import type { Done, SourceRun } from './source-run.ts'

/**
 * Walks a list to its end; with `walk_again` until two walks find the same ids. When a record appears or disappears during a walk, later
 * pages shift and a record can be missed unnoticed. A walk that finds an id twice has shifted, too.
 * After three walks the last one counts, as unstable. A walk in a circle is invalid; after three of these the entity fails.
 */
export async function walkList(run: SourceRun, entry: Entry, plan: ListPlan, meter: Meter): Promise<Done> {
  const began = instantText(run.clock.now())
  const voids: string[] = []
  let retries = 0
  let previous: Walk | undefined
  for (let good = 1; ; ) {
    const walk = await walkOnce(run, entry, plan, meter, count => {
      retries += count
    })
    if ('wrong' in walk) {
      voids.push(walk.wrong)
      if (walk.isFinal || voids.length === MOST) throw looped(entry, walk.wrong, voids.length)
      continue
    }
    const isSteady = (!entry.walk_again && !hasRepeats(walk)) || (previous !== undefined && agree(previous, walk))
    if (isSteady || good === MOST) return done(walk, good + voids.length, !isSteady)
    previous = walk
    good += 1
  }

  function done({ files, ids, endedBy }: Walk, walks: number, unstable: boolean): Done {
    meter.done(files.length, ids.length)
    const part: MarkedPart = {
      name: plan.name,
      complete: !unstable,
      required: entry.required,
      ended_by: endedBy,
      ...(unstable && { reason: `the list changed during each of ${MOST} walks` }),
      window: plan.cut,
      pages: files.length,
      rows: ids.length,
      walks,
      retries,
      unstable,
      skipped: [],
      fetched_at: [began, instantText(run.clock.now())],
    }
    return { part, files, ids }
  }
}

/** The name of a page in its entity's folder: `1.json`, `deleted-1.json`. */
export function pageName(part: string, page: number | string): string {
  return `${part === 'all' ? '' : `${part}-`}${page}.json`
}

interface Walk {
  files: MarkedFile[]
  ids: string[]
  endedBy: EndedBy
}

const MOST = 3

async function walkOnce(
  { client, work }: SourceRun,
  entry: Entry,
  plan: ListPlan,
  meter: Meter,
  onRetries: (count: number) => void,
): Promise<Walk | { wrong: string; isFinal: boolean }> {
  const { entity, path, query, page_size: size, needs, max_pages } = entry
  meter.begin()
  const paginator = paginators[entry.paginator as 'link-page' | 'next-token'](size!.value)
  const fixed = { ...query, ...cutQuery(plan.cut, entry), [size!.parameter]: String(size!.value) }

  const [files, ids, hashes]: [MarkedFile[], string[], Map<string, number>] = [[], [], new Map()]
  let next = paginator.first
  let isProbe = false
  for (let number = 1; number <= max_pages; number += 1) {
    const question: Question = { path, query: { ...fixed, ...next }, needs }
    const answer = await client.get(question)
    onRetries(answer.retries)
    const found = idsOfPage(question, answer, client, entry, plan.cut)

    // Compared by ids: a repeated page may have another link to its predecessor.
    const hash = sha256(JSON.stringify(found))
    const twin = found.length > 0 ? hashes.get(hash) : undefined
    if (twin !== undefined) return { wrong: `page ${number} repeats page ${twin}`, isFinal: false }
    hashes.set(hash, number)

    if (!isProbe || found.length > 0) files.push(work.write(`${entity}/${pageName(plan.name, number)}`, answer.bytes))
    for (const id of found) ids.push(id)
    meter.page(files.length, ids.length)

    const step = paginator.after({ number, rows: found.length, answer })
    if ('wrong' in step) return step
    if ('end' in step) return { files, ids, endedBy: step.end }
    next = step.query
    isProbe = step.isProbe
  }
  throw new ExtractError(4, `${entity} (${path}) has more than ${max_pages} pages`, {
    hint: "Raise 'max_pages' of its entry if the list is that long. No batch was made; the last one stays.",
    ends: 'entity',
  })
}

function hasRepeats({ ids }: Walk): boolean {
  return new Set(ids).size < ids.length
}

// An id that really occurs twice in the list is found at the same places each time.
function agree(one: Walk, other: Walk): boolean {
  const [before, now] = [new Set(one.ids), new Set(other.ids)]
  const isSameSet = before.size === now.size && other.ids.every(id => before.has(id))
  return isSameSet && (!hasRepeats(other) || (one.ids.length === other.ids.length && one.ids.every((id, at) => id === other.ids[at])))
}

function looped({ entity, path }: Entry, reason: string, walks: number): ExtractError {
  return new ExtractError(4, `Could not find the end of ${entity} (${path})${walks > 1 ? ` in ${walks} walks` : ''}: ${reason}`, {
    hint: 'Run extract again later. No batch was made; the last one stays.',
    ends: 'entity',
  })
}
