import type { EntityLoad, LoadReport } from '../../loaders/load.ts'
import { inOneLine } from '../base/sanitize.ts'
import { numberText, plural } from '../report/format.ts'

/** A line per batch and entity that a load touched: read, accepted, rejected, unchanged. */
export function loadLines({ loads }: LoadReport): string[] {
  const touched = loads.filter(({ files, unchanged, pruned }) => files > unchanged || pruned > 0)
  const names = touched.map(({ batch, entity }) => inOneLine(`${batch}/${entity}`))
  const width = Math.max(0, ...names.map(name => name.length))
  const lines = touched.map((entry, i) => `${(names[i] ?? '').padEnd(width)}  ${describe(entry)}`)
  const same = loads.reduce((sum, { unchanged }) => sum + unchanged, 0)
  if (lines.length === 0) return [`No new feed files; ${plural(same, 'file')} unchanged`]
  return same > 0 ? [...lines, `${plural(same, 'file')} unchanged in total`] : lines
}

/** Files that were refused whole. */
export function refusedFiles({ loads }: LoadReport): { path: string; reason: string }[] {
  return loads.flatMap(({ refused }) => refused)
}

function describe({ read, accepted, rejected, unchanged, refused, pruned }: EntityLoad): string {
  const bad = [...rejected.values()].reduce((sum, n) => sum + n, 0)
  const reasons = [...rejected].map(([reason, n]) => `${reason} ${numberText(n)}`).join(', ')
  return [
    `${numberText(read)} read`,
    `${numberText(accepted)} accepted`,
    `${numberText(bad)} rejected${reasons ? ` (${reasons})` : ''}`,
    `${plural(unchanged, 'file')} unchanged`,
    ...(refused.length > 0 ? [`${plural(refused.length, 'file')} refused`] : []),
    ...(pruned > 0 ? [`${plural(pruned, 'file')} pruned`] : []),
  ].join(', ')
}

/** What is told of files that were refused in an earlier load. */
export function refusedBefore(files: number): string {
  return `${plural(files, 'file')} of the feed are refused, as before: see ops.files`
}
