import { ExtractError } from './failure.ts'
import type { MarkedEntity, MarkedPart } from './marker.ts'
import type { Reach } from './plan.ts'
import type { Entry } from './source-config.ts'
import type { Done, SourceRun } from './source-run.ts'

/** The marker's entry for an entity, from its walks. Throws an ExtractError when the entity shrank and `shrink` is set to fail. */
export function markEntity(run: SourceRun, entity: string, done: Done[], { from, fullAt }: Reach): MarkedEntity {
  const entries = run.config.entities.filter(entry => entry.entity === entity && entry.enabled)
  const field = entries.find(({ window }) => window)?.window?.field
  const parts = done.map(({ part }) => part)
  const files = done.flatMap(one => one.files)
  const required = entries.some(entry => entry.required)
  const times = parts.flatMap(({ fetched_at }) => fetched_at ?? []).sort()
  const marked: MarkedEntity = {
    source: run.config.source,
    complete: parts.every(part => part.complete || (required && !part.required)),
    required,
    parts,
    window: field !== undefined && from !== null ? { field, from, to: null } : null,
    ...(field !== undefined && times[0] !== undefined && { full_at: fullAt ?? times[0] }),
    pages: files.length,
    rows: sum(parts.map(({ rows }) => rows)),
    distinct: new Set(done.flatMap(({ ids }) => ids)).size,
    bytes: sum(files.map(({ bytes }) => bytes)),
    files,
    skipped: parts.flatMap(({ skipped }) => skipped),
    retries: sum(parts.map(({ retries }) => retries)),
    unstable: parts.some(({ unstable }) => unstable),
    fetched_at: times.length > 0 ? [times[0]!, times.at(-1)!] : null,
  }
  compareWithLast(run, entity, marked)
  return marked
}

/** The marker's entry for an optional walk that was not completed. */
export function leftOut({ part, required }: Entry, reason: string): MarkedPart {
  const none = { pages: 0, rows: 0, walks: 0, retries: 0, unstable: false, skipped: [], fetched_at: null }
  return { name: part, complete: false, required, ended_by: null, reason, window: null, ...none }
}

// When a list loses half of its rows overnight, the usual reason is a key with fewer rights.
function compareWithLast(run: SourceRun, entity: string, { rows, window, unstable }: MarkedEntity): void {
  const last = run.last(entity)
  const { below, action } = run.config.shrink
  if (unstable)
    run.emit({
      kind: 'notice',
      text: `${entity} changed during each of its walks: rows may be missing; records missing from it are not treated as removed`,
    })
  if (!last?.complete || last.window || window || rows >= last.rows * below) return
  const message = `${entity} has ${rows} rows, ${last.rows} in the last batch`
  if (action === 'fail')
    throw new ExtractError(4, message, {
      hint: "Check what the key can see. If the number is right, set 'shrink' of the source to warn. No batch was made; the last one stays.",
    })
  run.emit({ kind: 'notice', text: `${message}: check what the key can see` })
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
