import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MARKER, readMarker } from '../../loaders/extract/marker.ts'
import { connect } from '../../run/database/connection.ts'
import { migrate } from '../../run/database/migrate.ts'
import { keepEmbedded, stopEmbedded } from '../../run/embedded/server.ts'
import { createSite, environment } from '../extract/site.ts'
import type { Point, Verdict } from './kill-points.ts'

const project = join(import.meta.dirname, '../..')

/** Requests of an extraction of this size, to the database and to both APIs; those to the database come first. */
const WRITES = 40
const TO_THE_DATABASE = 6

/** Kills a process of the server during an extraction: the batch is complete all the same, as the server only gives the window's start. */
export async function strikeAtExtract(point: Point): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-extract-kill-'))
  const site = await createSite({ agents: 9, transactions: 18, pageSize: 4 })
  const faults: string[] = []
  try {
    writeFileSync(join(folder, 'dbt_project.yml'), 'name: shop\nprofile: shop\n')
    const sql = connect(await keepEmbedded(folder), { max: 2 })
    await migrate(sql, project).finally(() => sql.end({ timeout: 1 }))
    const order = {
      folder,
      dataDir: site.dataDir,
      hosts: { freshdesk: site.freshdesk.host, bill: site.bill.host },
      env: environment,
      pageSize: 4,
    }
    const { code, printed } = await extractIn(
      order,
      `${point.whom} ${1 + Math.floor(point.share * (point.whom === 'backend' ? TO_THE_DATABASE : WRITES))} ${point.after}`,
    )
    const hit = printed.includes('[struck]') ? 'extract' : undefined
    if (hit === undefined) faults.push('nobody was killed')
    if (code !== 0) faults.push(`the extraction ended with ${code}: ${printed.slice(-800)}`)
    const batch = join(site.dataDir, 'sync-2026-01-05')
    if (!existsSync(join(batch, MARKER))) faults.push('there is no batch')
    else
      for (const [entity, { complete }] of Object.entries(readMarker(readFileSync(join(batch, MARKER), 'utf8')).entities))
        if (!complete) faults.push(`${entity} is not complete`)

    const again = connect(await keepEmbedded(folder), { max: 1 })
    const [row] = await again.unsafe<{ n: number }[]>('select count(*)::int as n from ops.markers').finally(() => again.end({ timeout: 1 }))
    if (row?.n !== 0) faults.push('the database has other markers')
    const stopped = await stopEmbedded(folder)
    if (stopped !== 'stopped') faults.push(`db stop says '${stopped}'`)
    return { point, hit, faults }
  } finally {
    await stopEmbedded(folder).catch(() => {})
    await site.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function extractIn(order: object & { folder: string }, kill: string): Promise<{ code: number | null; printed: string }> {
  const { DATABASE_URL: _, ...env } = process.env
  const words = ['--import', 'tsx', '--import', join(import.meta.dirname, 'kill-at.ts'), join(import.meta.dirname, 'extract-child.ts')]
  const child = spawn(process.execPath, [...words, JSON.stringify(order)], {
    cwd: project,
    env: { ...env, TRUST_KILL: kill, TRUST_POSTMASTER: join(order.folder, '.pg/18/data/postmaster.pid') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
  return new Promise(resolve => child.on('close', code => resolve({ code, printed })))
}
