import { address } from './client.ts'
import { dayOf } from './clock.ts'
import { entityIn, type Marker, markersIn } from './marker.ts'
import { paginators } from './paginators.ts'
import { duration } from './progress.ts'
import { connectionOf, type Environment } from './settings.ts'
import type { Entry, SourceConfig } from './source-config.ts'

/** The requests of an extraction. */
export interface DryRun {
  batch: string
  lines: string[]
  /** Missing settings and secrets. */
  missing: string[]
}

/** Reports the planned requests, the number of calls last time, and missing settings. Sends nothing and writes nothing. */
export function dryRun({
  sources,
  dataDir,
  env = process.env,
  now = Date.now(),
}: {
  sources: SourceConfig[]
  dataDir: string
  env?: Environment
  now?: number
}): DryRun {
  const last = [...markersIn(dataDir)].slice(0, 7)
  const missing: string[] = []
  const lines = sources.flatMap(config => {
    const found = connectionOf(config, env)
    missing.push(...found.missing.map(({ message }) => message))
    const base = found.connection?.base
    const entries = config.entities.filter(({ enabled }) => enabled)
    const calls = entries.map(entry => (base ? callsLastTime(entry, entries, last, base.host) : undefined))
    const total = calls.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    const time = total > 0 ? `, about ${total} calls, as last time, ${duration((total / config.calls_per_minute) * 60_000)}` : ''
    return [
      `${config.source}: ${base?.host ?? config.base}, ${config.calls_per_minute} calls a minute${time}`,
      ...entries.map((entry, at) => `  ${line(entry, base ? addressOf(entry, base) : config.base + entry.path, calls[at])}`),
    ]
  })
  return { batch: `sync-${dayOf(now)}`, lines, missing }
}

function line(entry: Entry, url: string, calls: number | undefined): string {
  const { entity, part, paginator, parent, required, walk_again, window } = entry
  const each = parent
    ? `for each ${parent.id_fields.join(', ')} of ${parent.entity}`
    : paginator === 'link-page'
      ? 'and each next page'
      : 'and each next token'
  const more = [
    walk_again && 'again until two walks agree',
    window && `from ${window.field} of the last publish on, all every ${window.full_every_days} days`,
    !required && 'optional',
    calls !== undefined && `${calls} calls last time`,
  ]
  return `${entity}${part === 'all' ? '' : ` (${part})`}: GET ${url} ${[each, ...more.filter(Boolean)].join(', ')}`
}

function addressOf({ path, query, paginator, page_size }: Entry, base: URL): string {
  const first = paginator === 'none' ? {} : paginators[paginator](1).first
  const size = page_size ? { [page_size.parameter]: String(page_size.value) } : {}
  const url = address(base, { path: path.replace('{id}', 'ID'), query: { ...query, ...size, ...first } })
  return url.href.replace('/ID', '/{id}')
}

function callsLastTime({ entity, part, walk_again }: Entry, entries: Entry[], last: Marker[], host: string): number | undefined {
  // Walks by month have their own names.
  const others = entries.filter(other => other.entity === entity && other.part !== part).map(other => other.part)
  const before = entityIn(last, entity, host)
  const parts = before?.parts.filter(({ name }) => (part === 'all' ? !others.includes(name) : name === part)) ?? []
  if (parts.length === 0) return undefined
  return parts.reduce((sum, { pages, walks, skipped }) => sum + pages * Math.max(walks, walk_again ? 2 : 1) + skipped.length, 0)
}
