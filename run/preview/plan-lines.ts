import { inOneLine } from '../base/sanitize.ts'
import { feedParts, newErrorParts } from '../execute/summary.ts'
import type { Event } from '../report/events.ts'
import { numberText, plural, rowsText } from '../report/format.ts'
import type { ErrorsPlan, Planned, RelationPlan } from './plan.ts'

/** The effects of a build as readable lines: failures first, then feed, relations and errors. */
export function planLines(planned: Planned, seconds: number): string[] {
  const { outcome, feed, state, relations, errors, tests, problems } = planned
  const headline =
    outcome === 'publish'
      ? `Planned in ${seconds.toFixed(2)}s: a build would be published.`
      : `Planned in ${seconds.toFixed(2)}s: a build would FAIL, and publish nothing.`
  const failed = relations.filter(({ status }) => status === 'error')
  const skipped = relations.filter(({ status }) => status === 'skipped').length + tests.failing.filter(isSkipped).length
  return [
    '',
    `${headline} Nothing was changed.`,
    ...section('Would fail', [
      ...failed.map(({ relation, action }) => `${relation}: ${action}`),
      ...tests.failing.filter(({ status }) => status === 'fail' || status === 'error').map(testLine),
      ...problems.map(inOneLine),
      ...(skipped > 0 ? [`${numberText(skipped)} more would be skipped`] : []),
    ]),
    ...section('Would warn', tests.failing.filter(({ status }) => status === 'warn').map(testLine)),
    ...section('New in the feed', (feed ?? []).map(feedLine)),
    ...parts(state ? feedParts(state) : []),
    ...section('Would change', relationLines(relations)),
    ...parts(state ? newErrorParts(state.errors) : []),
    ...(errors ? [...errorLines('Errors and warnings that would open', errors.new), ...errorLines('Resolved', errors.resolved)] : []),
  ]
}

// As in the summary of a build.
function parts(events: Event[]): string[] {
  return events.flatMap(({ msg, isNear }) => [...(isNear ? [] : ['']), ...msg.split('\n')])
}

/** What would land for an entity of a batch, in one line. */
export function feedLine({ batch, entity, files, records, refused, pruned }: NonNullable<Planned['feed']>[number]): string {
  const parts = [
    files > 0 && `${plural(files, 'file')} with ${plural(records, 'record')}`,
    refused.length > 0 && `${numberText(refused.length)} refused`,
    pruned > 0 && `${plural(pruned, 'file')} pruned`,
  ].filter(Boolean)
  return inOneLine(`${batch}/${entity}  ${parts.join(', ')}`)
}

// The last ones built on top: what readers query comes late in a build.
function relationLines(relations: RelationPlan[]): string[] {
  const made = relations.filter(({ status }) => status === 'success')
  const changing = made.filter(isChange).reverse()
  if (changing.length === 0) return [made.length === 0 ? 'nothing' : 'nothing: no row would change']
  const width = Math.min(50, Math.max(...changing.map(({ relation }) => relation.length)))
  const rest = made.length - changing.length
  return [
    ...changing.flatMap(relation => [`${relation.relation.padEnd(width)}  ${whatOf(relation)}`, ...columnLines(relation)]),
    ...(rest > 0 ? [`${plural(rest, 'other relation')} unchanged`] : []),
  ]
}

/** Whether rows, columns or the definition would change. */
export function isChange({ is_new: isNew, rows, action, columns }: RelationPlan): boolean {
  const touched = rows ? rows.inserted + rows.updated + rows.deleted : ['UNCHANGED', 'REUSED'].includes(action) ? 0 : 1
  return isNew || touched > 0 || columns.added.length + columns.removed.length + columns.retyped.length > 0
}

function whatOf({ is_new: isNew, rows }: RelationPlan): string {
  const text = rows ? rowsText(rows) : isNew ? '' : 'another definition'
  return [isNew ? (rows ? 'new table' : 'new view') : '', text].filter(Boolean).join(': ')
}

function columnLines({ columns: { added, removed, retyped, changed } }: RelationPlan): string[] {
  const lists = [
    added.length > 0 && `columns added: ${added.map(({ name, type }) => `${name} ${type}`).join(', ')}`,
    removed.length > 0 && `columns removed: ${removed.map(({ name }) => name).join(', ')}`,
    retyped.length > 0 && `columns retyped: ${retyped.map(({ name, before, after }) => `${name} ${before} → ${after}`).join(', ')}`,
    changed.length > 0 && `columns changed: ${changed.map(({ name, rows }) => `${name} ${numberText(rows)}`).join(', ')}`,
  ]
  return lists.filter(line => line !== false).map(line => `  ${line}`)
}

function errorLines(title: string, { count, by, shown }: ErrorsPlan): string[] {
  if (count === 0) return []
  const width = Math.max(...by.map(({ table }) => table.length))
  return [
    ...section(`${title}: ${numberText(count)}`, [
      ...by.map(({ table, severity, error_type, count: n }) => `${table.padEnd(width)}  ${error_type} (${severity}) ${numberText(n)}`),
      '',
      ...shown.map(error => {
        const key = Object.entries(error.key)
          .map(([name, value]) => `${name} ${value ?? 'unknown'}`)
          .join(', ')
        const place = error.file === null ? error.source : `${error.file}${error.position === null ? '' : `[${error.position}]`}`
        return inOneLine(`${place}  ${key}  ${error.error_type}: ${error.error_message}`.slice(0, 200))
      }),
      ...(count > shown.length ? [`… and ${numberText(count - shown.length)} more: --limit -1 shows all`] : []),
    ]),
  ]
}

function testLine({ name, status, failures, message }: Planned['tests']['failing'][number]): string {
  return `${name}: ${status === 'error' ? inOneLine(message) : message.split('\n')[0] || plural(failures ?? 0, 'failing row')}`
}

function isSkipped({ status }: { status: string }): boolean {
  return status === 'skipped'
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map(line => `  ${line}`.trimEnd())]
}
