import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { clear } from '../../bench/clear.ts'
import { generate } from '../../bench/generate.ts'
import { look } from '../../run/citus/cluster.ts'
import { connect } from '../../run/database/connection.ts'
import type { Sql } from '../../run/database/driver.ts'
import { startEmbedded } from '../../run/embedded/server.ts'
import { citusSmall } from './citus-small.ts'
import { run, shell } from './command.ts'

/** The databases of a trial, and the output of its steps. */
export interface Trial {
  /** The coordinator's database: it is EMPTIED, and its name must contain `test`. */
  citusUrl: string
  /** Shell commands that stop one worker at once, and start it again; without them no worker is stopped. */
  stopWorker?: string
  startWorker?: string
  transactions: number
  say(line: string): void
}

/** Builds the same feeds on a cluster and on plain PostgreSQL and compares every table of core, errors and marts; gives the differences. */
export async function citusTrial({ citusUrl, stopWorker, startWorker, transactions, say }: Trial): Promise<string[]> {
  if (!/test/.test(new URL(citusUrl).pathname)) return [`CITUS_URL must name a database with 'test' in its name: it is emptied`]
  const dir = mkdtempSync(join(tmpdir(), 'deskledger-citus-'))
  const embedded = await startEmbedded(dir)
  const [citus, plain] = [connect(citusUrl, { max: 2 }), connect(embedded.url, { max: 2 })]
  const faults: string[] = []
  try {
    const { version, workers } = await look(citus)
    if (!version || workers.length === 0) return ['The database of CITUS_URL has no citus, or no workers']
    say(`Citus ${version} with ${workers.join(' and ')}`)

    const stops = { ...(stopWorker && { stopWorker }), ...(startWorker && { startWorker }) }
    faults.push(...(await citusSmall({ citusUrl, plainUrl: embedded.url, ...stops, say })))
    await both('the sample feed', 'build', '--data', join(project, 'data'))
    await clear(citus)
    await clear(plain)
    const [feed, days] = [join(dir, 'feed'), join(dir, 'days')]
    await generate({ ...sizes, transactions, days: 4, from: 1, out: feed })
    for (const day of [1, 2]) {
      cpSync(join(feed, `sync-day${day}`), join(days, `sync-day${day}`), { recursive: true })
      await both(`day ${day} of a generated feed`, 'build', '--data', days)
    }
    await both('all of it anew', 'build', '--data', days, '--full-refresh')

    for (const [day, command] of [
      [3, 'load'],
      [4, 'build'],
    ] as const) {
      if (!stopWorker || !startWorker) {
        say(`A worker that stops during a ${command}: not tried, CITUS_STOP_WORKER and CITUS_START_WORKER are not set`)
        continue
      }
      cpSync(join(feed, `sync-day${day}`), join(days, `sync-day${day}`), { recursive: true })
      const running = run(citusUrl, [command, '--data', days])
      await untilBusy(citus, command)
      shell(stopWorker)
      say(`A worker stopped in the middle of the ${command}`)
      await sleep(1500)
      shell(startWorker)
      const { code, printed } = await running
      say(`  it ended with ${code}: ${told(printed)}`)
      // The worker was away for seconds, and a command retries for half a minute.
      if (code !== 0 && !/Uncertain commit/.test(printed))
        faults.push(`A worker stopped during a ${command}: it ended with ${code}\n${printed.slice(-3000)}`)
      await both(`day ${day}, the build after`, 'build', '--data', days)
    }
    return faults
  } finally {
    await Promise.all([citus.end({ timeout: 1 }), plain.end({ timeout: 1 })])
    await embedded.close()
    rmSync(dir, { recursive: true, force: true })
  }

  async function both(what: string, ...args: string[]): Promise<void> {
    const seconds: number[] = []
    for (const [name, url] of [
      ['Citus', citusUrl],
      ['plain PostgreSQL', embedded.url],
    ] as const) {
      const began = performance.now()
      const { code, printed } = await run(url, args)
      seconds.push((performance.now() - began) / 1000)
      if (code !== 0) faults.push(`${what}: the build on ${name} ended with ${code}\n${printed.slice(-3000)}`)
      // A figure that fails is a warning.
      if (/^Warning in report /m.test(printed)) faults.push(`${what}: a report on ${name} failed\n${printed.slice(-3000)}`)
    }
    const [are, should] = [await tables(citus), await tables(plain)]
    const different = [...should].filter(([name, image]) => are.get(name) !== image)
    faults.push(...different.map(([name, image]) => `${what}: ${name} is ${are.get(name)}, and ${image} on plain PostgreSQL`))
    const rows = [...should.values()].reduce((sum, image) => sum + Number(image.split(' ')[0]), 0)
    const times = seconds.map(value => value.toFixed(1)).join(' s against ')
    say(
      `${what}: ${different.length === 0 ? `${should.size} tables equal, ${rows} rows` : `${different.length} TABLES DIFFER`} (${times} s)`,
    )
  }
}

const project = join(import.meta.dirname, '../..')
const sizes = {
  agents: 1000,
  groups: 40,
  seed: 7,
  changes: 0.1,
  churn: 0.05,
  dirty: 0.02,
  details: true,
  snapshots: false,
  format: 'array' as const,
}

/** The number of rows per table or view, and a hash of their text, without the times when errors were seen. */
async function tables(sql: Sql): Promise<Map<string, string>> {
  const relations = await sql<{ name: string; columns: string }[]>`
    select
        format('%I.%I', table_schema, table_name) as name,
        string_agg(
            case column_name when 'first_seen_at' then 'null' when 'resolved_at' then 'resolved_at is null' else quote_ident(column_name) end,
            ', ' order by ordinal_position
        ) as columns
    from information_schema.columns
    where table_schema in ('core', 'errors', 'marts')
    group by 1
    order by 1
  `
  const images = new Map<string, string>()
  for (const { name, columns } of relations) {
    const [row] = await sql.unsafe<{ image: string }[]>(`
      select count(*) || ' rows, ' || coalesce(md5(string_agg(line, e'\\n' order by line collate "C")), '-') as image
      from (select row(${columns})::text as line from ${name}) as lines`)
    images.set(name, row!.image)
  }
  return images
}

// Waits until the runner is copying rows, or some models into its build.
async function untilBusy(sql: Sql, command: string): Promise<void> {
  const sign = command === 'load' ? 'copy raw.%' : '%insert into%__dbt_tmp%'
  for (let waited = 0; waited < 60_000; waited += 20) {
    const busy = await sql`
      select from pg_stat_activity where application_name like 'deskledger %' and pid <> pg_backend_pid() and state = 'active' and query ilike ${sign}
    `
    if (busy.length > 0) return
    await sleep(20)
  }
}

function told(printed: string): string {
  const lines = printed.split('\n').filter(line => /Retrying|connection|Done|Uncertain commit|published/i.test(line))
  return lines.slice(0, 4).join(' | ').slice(0, 600)
}

/** `CITUS_URL=postgres://… npm run test:citus -- --transactions 1000000` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { transactions: { type: 'string', default: '5000' } } })
  const { CITUS_URL: citusUrl, CITUS_STOP_WORKER: stopWorker, CITUS_START_WORKER: startWorker } = process.env
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  if (!citusUrl) say('Skipped: CITUS_URL is not set. It names a database of a Citus coordinator, which is emptied.')
  else {
    const more = { ...(stopWorker && { stopWorker }), ...(startWorker && { startWorker }) }
    const faults = await citusTrial({ citusUrl, ...more, transactions: Number(values.transactions), say })
    for (const fault of faults) say(fault)
    say(faults.length === 0 ? 'Equal.' : `${faults.length} faults`)
    process.exitCode = faults.length === 0 ? 0 : 1
  }
}
