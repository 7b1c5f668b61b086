import { setImmediate as breath } from 'node:timers/promises'
import { instantText } from './clock.ts'
import { sha256 } from './disk.ts'
import { ExtractError } from './failure.ts'
import { parseBytes } from './json.ts'
import { beginDetails, forgetLists } from './kept.ts'
import type { MarkedFile } from './marker.ts'
import { checkRecord, isRecord } from './page.ts'
import type { Reach } from './plan.ts'
import type { Meter } from './progress.ts'
import type { Question } from './question.ts'
import type { Entry } from './source-config.ts'
import type { Done, SourceRun, Wanted } from './source-run.ts'
import { pageName } from './walk.ts'

/**
 * Requests a record for each id, except those that an earlier run of the batch has brought. A 404 is recorded and skipped.
 * When more of the listed ones are missing than `vanished` allows, the list is outdated and the entity fails.
 */
export async function walkDetails(run: SourceRun, entry: Entry, reach: Reach, { listed, named }: Wanted, meter: Meter): Promise<Done> {
  const { clock, client, work, config } = run
  const began = beginDetails(run, entry, reach, instantText(clock.now()))
  const [files, ids, skipped]: [MarkedFile[], string[], string[]] = [[], [], []]
  let retries = 0
  let vanished = 0
  meter.begin()

  for (const id of listed) if (!(await fetchOne(id, false))) countVanished()
  for (const id of named) await fetchOne(id, true)

  meter.done(files.length, ids.length)
  const part = {
    name: entry.part,
    complete: true,
    required: entry.required,
    ended_by: 'all-parents' as const,
    window: null,
    pages: files.length,
    rows: ids.length,
    walks: 1,
    retries,
    unstable: false,
    skipped,
    fetched_at: [began, instantText(clock.now())] as [string, string],
  }
  return { part, files, ids }

  /** Whether the record exists. */
  async function fetchOne(id: string, isNamed: boolean): Promise<boolean> {
    const path = `${entry.entity}/${pageName(entry.part, id)}`
    const file = (await kept(path, id)) ?? (await fetched(path, id, isNamed))
    if (file) {
      files.push(file)
      ids.push(id)
    } else skipped.push(id)
    meter.page(files.length + skipped.length, ids.length)
    return file !== undefined
  }

  async function kept(path: string, id: string): Promise<MarkedFile | undefined> {
    const bytes = work.read({ path })
    if (!bytes || !isRecord(parseBytes(bytes), entry.id_field, id)) return undefined
    // Gives the other source time to handle its answers.
    await breath()
    return { path, sha256: sha256(bytes), bytes: bytes.length }
  }

  async function fetched(path: string, id: string, isNamed: boolean): Promise<MarkedFile | undefined> {
    const passes = (status: number) => entry.on_404 === 'skip' && (status === 404 || (isNamed && status === 400))
    const question: Question = { path: entry.path.replace('{id}', id), query: entry.query, passes, needs: entry.needs }
    const answer = await client.get(question)
    retries += answer.retries
    if (answer.status !== 200) return undefined
    checkRecord(question, answer, client, entry, id)
    return work.write(path, answer.bytes)
  }

  function countVanished(): void {
    vanished += 1
    const { share, count } = config.vanished
    if (vanished <= Math.max(1, Math.min(count, Math.floor(share * listed.length)))) return
    forgetLists(run, entry.parent!.entity)
    throw new ExtractError(
      4,
      `Too many missing ${entry.entity}: ${vanished} of ${listed.length} ids listed in ${entry.parent!.entity} answered 404`,
      {
        hint: 'Run extract again: it reads the list from its start. No batch was made; the last one stays.',
        ends: 'entity',
      },
    )
  }
}
