import { spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../run/database/connection.ts'
import { keepEmbedded, runningEmbedded, stopEmbedded } from '../../run/embedded/server.ts'
import { quickFolder } from '../memory.ts'
import type { Point, Verdict } from './kill-points.ts'
import { below, postmasterOf, processesOf, type Victim, wordsOf } from './server-processes.ts'

const project = join(import.meta.dirname, '../..')

/** Kills a process that appears during `db start`, every other time while it creates its data; the next start must succeed as usual. */
export async function strikeAtStart(point: Point): Promise<Verdict> {
  const folder = quickFolder('deskledger-start-')
  const faults: string[] = []
  let pids = new Set<number>()
  try {
    writeFileSync(join(folder, 'dbt_project.yml'), 'name: shop\nprofile: shop\n')
    if (point.number % 2 === 0) {
      await keepEmbedded(folder)
      await stopEmbedded(folder)
    }
    const { hit, seen } = await startAndStrike(folder, point, faults)
    pids = seen
    faults.push(...(await startsAgain(folder)))
    return { point, hit, faults }
  } finally {
    // Processes left over by a failed point, by the ids that they had.
    for (const pid of pids) if (wordsOf(pid).includes('postgres') || wordsOf(pid).includes(folder)) end(pid)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startAndStrike(folder: string, { whom, share, after }: Point, faults: string[]) {
  const { DATABASE_URL: _, ...env } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', join(project, 'run.ts'), 'db', 'start', '--project-dir', folder], {
    cwd: project,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', chunk => (stderr += chunk))
  let code: number | null | undefined
  const ended = new Promise<void>(resolve =>
    child.on('exit', status => {
      code = status
      resolve()
    }),
  )
  const seen = new Set<number>()
  let hit: string | undefined
  for (let victim = 0; hit === undefined && code === undefined; await sleep(2)) {
    for (const pid of below(child.pid!)) seen.add(pid)
    victim = victimOf(folder, whom, child.pid!)
    if (victim === 0) continue
    await Promise.race([sleep(after + Math.round(share * 40)), ended])
    // While the start has not ended and the victim lives, the kill is within it.
    if (code === undefined && wordsOf(victim) !== '') {
      end(victim)
      hit = 'db start'
    }
  }
  await ended
  if (code !== 0 && code !== 2) faults.push(`db start ended with ${code}: ${stderr.slice(-600)}`)
  if (/^ +at /m.test(stderr)) faults.push(`a stack was printed: ${stderr.slice(-600)}`)
  return { hit, seen }
}

// Before there is a server, the victim is the process that creates its data.
function victimOf(folder: string, whom: Victim, starter: number): number {
  const server = postmasterOf(join(folder, '.pg/18/data/postmaster.pid'))
  if (server > 0) return processesOf(server)[whom][0] ?? 0
  if (whom !== 'server' && whom !== 'auxiliary') return 0
  const makers = below(starter).filter(pid => pid !== starter && /initdb|postgres/.test(wordsOf(pid)))
  return (whom === 'server' ? makers[0] : makers.at(-1)) ?? 0
}

async function startsAgain(folder: string): Promise<string[]> {
  const faults: string[] = []
  const sql = connect(await keepEmbedded(folder), { max: 1 })
  const [row] = await sql.unsafe<{ up: number }[]>('select 1 as up').finally(() => sql.end({ timeout: 1 }))
  if (row?.up !== 1) faults.push('the next start gives no answer')
  const server = postmasterOf(join(folder, '.pg/18/data/postmaster.pid'))
  const left = Object.values(processesOf(server)).flat()
  const stopped = await stopEmbedded(folder)
  if (stopped !== 'stopped') faults.push(`db stop says '${stopped}'`)
  if (runningEmbedded(folder)) faults.push('the server runs after db stop')
  for (let tries = 0; tries < 200 && left.some(pid => wordsOf(pid) !== ''); tries++) await sleep(20)
  for (const pid of left) if (wordsOf(pid) !== '') faults.push(`process ${pid} is left: ${wordsOf(pid).slice(0, 100)}`)
  const halves = existsSync(join(folder, '.pg')) ? readdirSync(join(folder, '.pg')).filter(name => name.startsWith('new-')) : []
  if (halves.length > 0) faults.push(`half-made data are left: ${halves.join(', ')}`)
  return faults
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
