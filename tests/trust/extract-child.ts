// The command extract against fake servers: `extract-child.ts '{"folder":…,"dataDir":…,"hosts":…,"env":…,"pageSize":4}'`. Reads from the
// folder's embedded server what was published, then makes a batch.
import { systemClock } from '../../loaders/extract/clock.ts'
import { extract } from '../../loaders/extract/extract.ts'
import { eventLine } from '../../loaders/extract/progress.ts'
import { publishedMarkers } from '../../run/feed/commands/extract.ts'
import { createReport } from '../../run/report/report.ts'
import { smallSources } from '../extract/site.ts'

const order = JSON.parse(process.argv[2]!) as {
  folder: string
  dataDir: string
  hosts: Record<string, string>
  env: Record<string, string>
  pageSize: number
}
const report = createReport({ format: 'text', quiet: false, invocationId: 'extract' })
const { signal } = new AbortController()
const began = Date.now()
const clock = { ...systemClock, now: () => Date.parse('2026-01-05T05:00:00.000Z') + Date.now() - began }
const sources = smallSources(order.pageSize).map(config => ({ ...config, calls_per_minute: 600_000, timeout_seconds: 20 }))
const published = await publishedMarkers(
  { name: 'extract', options: { projectDir: order.folder, logFormat: 'text' }, report, signal },
  sources,
)
await extract({
  sources,
  dataDir: order.dataDir,
  env: order.env,
  testHosts: order.hosts,
  signal,
  clock,
  publishedMarker: entity => published.get(entity),
  onEvent: event => report.note(eventLine(event)),
})
