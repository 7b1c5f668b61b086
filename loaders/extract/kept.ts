import { setImmediate as breath } from 'node:timers/promises'
import { sha256 } from './disk.ts'
import { idText, isObject, parseBytes, recordsIn } from './json.ts'
import type { MarkedFile, MarkedPart } from './marker.ts'
import type { ListPlan, Reach } from './plan.ts'
import type { Entry } from './source-config.ts'
import type { Done, SourceRun } from './source-run.ts'

/**
 * A list that an earlier run of this batch finished with the same settings, or a lasting one younger than the interval between full walks.
 * Undefined when there is none, or when one of its pages has changed.
 */
export async function keptList(run: SourceRun, entry: Entry, plan: ListPlan): Promise<Done | undefined> {
  const note = noteOf<ListNote>(run, entry.entity, plan.name)
  if (!note?.part.fetched_at || note.settings !== settingsOf(run, entry, plan)) return undefined
  if (note.batch !== run.batch && !(plan.isLasting && isYoung(run, entry, note.part.fetched_at[0]))) return undefined
  const ids: string[] = []
  for (const file of note.files) {
    await breath()
    const bytes = run.work.read(file)
    const rows = bytes && recordsIn(parseBytes(bytes), entry.records_at)
    if (!rows) return undefined
    for (const row of rows) ids.push((isObject(row) && idText(row[entry.id_field])) || '')
  }
  return { part: note.part, files: note.files, ids }
}

/** Records that a list is finished. */
export function keepList(run: SourceRun, entry: Entry, plan: ListPlan, { part, files }: Done): void {
  const note: ListNote = { settings: settingsOf(run, entry, plan), batch: run.batch, part, files }
  run.work.setNote(keyOf(entry.entity, plan.name), note)
}

/** Makes the next run walk the lists of an entity again. */
export function forgetLists(run: SourceRun, entity: string): void {
  for (const key of run.work.notes()) if (key.startsWith(`${entity}.`)) run.work.dropNote(key)
}

/**
 * Begins to request records one by one, or continues an earlier run; gives the time when that began. Removes records of another batch or of
 * other settings, except those of a walk by months.
 */
export function beginDetails(run: SourceRun, entry: Entry, reach: Reach, now: string): string {
  const settings = settingsOf(run, entry, { from: reach.from })
  const note = noteOf<DetailNote>(run, entry.entity, entry.part)
  const isLasting = reach.from === null && run.config.entities.some(other => other.entity === entry.entity && other.slices)
  const holds = note?.settings === settings && (note.batch === run.batch || (isLasting && isYoung(run, entry, note.began)))
  if (holds) return note.began
  removeDetails(run, entry)
  run.work.setNote(keyOf(entry.entity, entry.part), { settings, batch: run.batch, began: now } satisfies DetailNote)
  return now
}

interface ListNote {
  settings: string
  batch: string
  part: MarkedPart
  files: MarkedFile[]
}

interface DetailNote {
  settings: string
  batch: string
  began: string
}

function noteOf<Note extends { settings: string }>(run: SourceRun, entity: string, part: string): Note | undefined {
  return run.work.note(keyOf(entity, part)) as Note | undefined
}

function keyOf(entity: string, part: string): string {
  return `${entity}.${part}`
}

// A hash of everything that decides the result of a walk. NOTES changes with the format of the notes, which makes older ones invalid.
function settingsOf(run: SourceRun, entry: Entry, walk: object): string {
  return sha256(JSON.stringify([NOTES, run.base.href, entry, walk]))
}

const NOTES = 1

function isYoung(run: SourceRun, { entity }: Entry, began: string): boolean {
  const days = run.config.entities.find(other => other.entity === entity && other.window)?.window?.full_every_days ?? 0
  return run.clock.now() - Date.parse(began) < days * 86_400_000
}

function removeDetails({ work }: SourceRun, { entity, part }: Entry): void {
  if (part === 'all') work.remove(entity)
  else for (const name of work.names(entity)) if (name.startsWith(`${part}-`)) work.remove(`${entity}/${name}`)
}
