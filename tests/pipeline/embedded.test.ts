import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkServer, connect } from '../../run/database/connection.ts'
import { keepEmbedded, runningEmbedded, startEmbedded, stopEmbedded } from '../../run/embedded/server.ts'
import { quickFolder } from '../memory.ts'
import { processesOf } from '../trust/server-processes.ts'

let folder: string
const children: ChildProcess[] = []
const pristine = quickFolder('deskledger-embedded-')

beforeAll(async () => {
  const { close } = await startEmbedded(pristine)
  await close()
})
afterAll(() => rmSync(pristine, { recursive: true }))

beforeEach(() => {
  folder = quickFolder('deskledger-embedded-')
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await until(() => !serverIsUp()).catch(() => stopEmbedded(folder))
  rmSync(folder, { recursive: true, force: true })
})

describe('the embedded server', () => {
  it('is made, keeps its data, and stops when it is let go', async () => {
    const first = await startEmbedded(folder)
    await query(first.url, 'create table kept as select 42 as answer')
    await first.close()
    expect(serverIsUp()).toBe(false)

    const second = await startEmbedded(folder)
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(second.url).toBe(first.url)
    await second.close()
  })

  it('listens on the loopback alone, wants its password, and is safe', async () => {
    copyMade()
    const { url, close } = await startEmbedded(folder)
    const names = ['listen_addresses', 'unix_socket_directories', 'fsync', 'full_page_writes', 'TimeZone', 'server_encoding']
    const settings = await query(url, `select ${names.map(name => `current_setting('${name}') as "${name}"`)}`)
    expect(settings).toEqual([
      {
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        fsync: 'on',
        full_page_writes: 'on',
        TimeZone: 'UTC',
        server_encoding: 'UTF8',
      },
    ])
    const stranger = url.replace(/:[0-9a-f]{48}@/, ':guess@')
    expect(stranger).not.toBe(url)
    await expect(query(stranger, 'select 1')).rejects.toThrow('the server rejects the user or password')
    expect(statSync(file('password')).mode & 0o777).toBe(0o600)
    await close()
  })

  it('is one for two that start at once, and stays for the last', async () => {
    const [one, two] = await Promise.all([startEmbedded(folder), startEmbedded(folder)])
    const third = await holder()
    expect([two.url, third.url]).toEqual([one.url, one.url])
    await Promise.all([one.close(), two.close()])
    expect(await query(third.url, 'select 1 as up')).toEqual([{ up: 1 }])
    expect(readdirSync(join(folder, '.pg'))).toEqual(['18'])
  })

  it('takes another port when its own is taken', async () => {
    copyMade()
    const port = Number(readFileSync(file('port'), 'utf8'))
    const squatter = createServer().listen(port, '127.0.0.1')
    await once(squatter, 'listening')
    const second = await startEmbedded(folder)
    expect(new URL(second.url).port).not.toBe(String(port))
    await second.close()
    squatter.close()
  })

  it('stays for db start until db stop', async () => {
    copyMade()
    const url = await keepEmbedded(folder)
    expect(runningEmbedded(folder)).toEqual({ url, held: true })
    const user = await startEmbedded(folder)
    await user.close()
    await sleep(100)
    expect(await query(url, 'select 1 as up')).toEqual([{ up: 1 }])
    expect(await stopEmbedded(folder)).toBe('stopped')
    expect(runningEmbedded(folder)).toBeUndefined()
    expect(await stopEmbedded(folder)).toBe('not running')
  })

  it('outlives db stop while somebody works with it', async () => {
    copyMade()
    await keepEmbedded(folder)
    const user = await startEmbedded(folder)
    expect(await stopEmbedded(folder)).toBe('in use')
    await user.close()
    expect(serverIsUp()).toBe(false)
  })

  it('runs for a plain user', async context => {
    const nobody = 65534
    if (process.getuid?.() !== 0 || !readableByAll(import.meta.dirname)) return context.skip()
    chownSync(folder, nobody, nobody)
    const { url, child } = await holder({ uid: nobody, gid: nobody })
    expect(await query(url, 'select 1 as up')).toEqual([{ up: 1 }])
    expect(statSync(file('data')).uid).toBe(nobody)
    child.stdin?.end()
    await once(child, 'exit')
    expect(serverIsUp()).toBe(false)
  })
})

describe('after a kill -9', () => {
  it('of its only holder, the server ends by itself', async () => {
    copyMade()
    const { url, child } = await holder()
    await query(url, 'create table kept as select 42 as answer')
    child.kill('SIGKILL')
    await until(() => !serverIsUp())
    const next = await startEmbedded(folder)
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    await next.close()
  })

  it('in the middle of initdb, the next start makes the data anew', async () => {
    const child = launch()
    await until(() => existsSync(join(folder, '.pg')) && readdirSync(join(folder, '.pg')).some(name => name.startsWith('new-')))
    child.kill('SIGKILL')
    await once(child, 'exit')
    await startsAndStops()
    expect(readdirSync(join(folder, '.pg')).filter(name => name.startsWith('new-'))).toEqual([])
  })

  it('in the middle of the start, the next start works', async () => {
    copyMade()
    const child = launch()
    await until(() => existsSync(file('data/postmaster.pid')))
    child.kill('SIGKILL')
    await startsAndStops()
  })

  it('of the server, the next start recovers', async () => {
    copyMade()
    const first = await startEmbedded(folder)
    process.kill(serverPid(), 'SIGKILL')
    await first.close()
    await startsAndStops()
  })

  it('of a server process, it ends also when it is let go in the middle of its recovery', async () => {
    copyMade()
    const { url, close } = await startEmbedded(folder)
    const sql = connect(url, { max: 1 })
    await sql`create table large as select i, repeat('x', 200) as filler from generate_series(1, 2000) as i`
    const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
    process.kill(backend!.pid, 'SIGKILL')
    await until(() => readFileSync(file('server.log'), 'utf8').includes('reinitializing'))
    await sql.end({ timeout: 1 })
    await close()
    await until(() => !serverIsUp())
    await startsAndStops()
  })

  it('of the server, whose number has passed to another process, the next start works', async () => {
    copyMade()
    const first = await startEmbedded(folder)
    const lines = readFileSync(file('data/postmaster.pid'), 'utf8').split('\n')
    await first.close()
    writeFileSync(file('data/postmaster.pid'), [process.pid, ...lines.slice(1)].join('\n'))
    await startsAndStops()
  })

  it('of the shell that watches over it, the next start takes over', async () => {
    if (process.platform !== 'linux') return
    copyMade()
    const { child } = await holder()
    const pid = serverPid()
    const { keeper, watcher } = processesOf(pid)
    for (const shell of [...keeper, ...watcher]) process.kill(shell, 'SIGKILL')
    child.kill('SIGKILL')
    await sleep(200)
    expect(serverPid()).toBe(pid)
    await startsAndStops()
  })
})

/** Copies the result of one `startEmbedded` into the folder of this test. */
function copyMade(): void {
  execFileSync('cp', ['-a', join(pristine, '.pg'), folder])
}

async function startsAndStops(): Promise<void> {
  const { url, close } = await startEmbedded(folder)
  expect(await query(url, 'select 1 as up')).toEqual([{ up: 1 }])
  await close()
  expect(serverIsUp()).toBe(false)
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const sql = connect(url, { max: 1 })
  try {
    await checkServer(sql, url)
    return [...(await sql.unsafe(statement))]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function launch(as: { uid?: number; gid?: number } = {}): ChildProcess {
  const script = join(import.meta.dirname, 'hold-server.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['pipe', 'pipe', 'inherit'],
    ...as,
  })
  children.push(child)
  return child
}

async function holder(as: { uid?: number; gid?: number } = {}): Promise<{ url: string; child: ChildProcess }> {
  const child = launch(as)
  const [chunk] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])) as [Buffer]
  return { url: String(chunk).trim(), child }
}

function file(name: string): string {
  return join(folder, '.pg', '18', name)
}

function serverIsUp(): boolean {
  return existsSync(file('data/postmaster.pid'))
}

function serverPid(): number {
  return Number(readFileSync(file('data/postmaster.pid'), 'utf8').split('\n')[0])
}

function readableByAll(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return path === '/' || ((statSync(path).mode & 0o005) === 0o005 && readableByAll(join(path, '..')))
  } catch {
    return false
  }
}

async function until(condition: () => boolean, patience = 15_000): Promise<void> {
  const deadline = Date.now() + patience
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not come to pass')
    await sleep(5)
  }
}
