import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../loaders/extract/clock.ts'
import { extract } from '../../loaders/extract/extract.ts'
import { takeLock } from '../../loaders/extract/lock.ts'
import { callsByPath } from '../extract/server.ts'
import { batchesIn, createSite, filesBelow, type Site, smaller } from '../extract/site.ts'

let site: Site
beforeEach(async () => {
  site = await createSite()
})
afterEach(() => site.close())

const target = () => join(site.dataDir, 'sync-2026-01-05')
const work = (path: string) => join(site.dataDir, '.extract/work/feed', path)
const forget = () => {
  site.freshdesk.calls.length = 0
  site.bill.calls.length = 0
}
/** Ends a run at the seventh agent. */
const stopAtAgent = async (at = 6) => {
  site.freshdesk.faults = [{ path: `/agents/${site.desk.agents[at]!.id}`, nth: 'always', kind: '403' }]
  expect((await site.bring()).code).toBe(3)
  site.freshdesk.faults = []
}

describe('a run that ended before its end', () => {
  it('is gone on with: lists that are finished and records that came are not asked for again', async () => {
    await stopAtAgent()
    expect(batchesIn(site.dataDir)).toEqual([])
    forget()
    const { code, extracted } = await site.bring()
    expect(code).toBe(0)
    const rest = [...site.desk.agents.slice(6).map(({ id }) => id), '69019999991', '69019999992']
    expect(Object.keys(callsByPath(site.freshdesk.calls)).sort()).toEqual(rest.map(id => `/agents/${id}`).sort())
    expect(extracted!.marker.entities.agent_details).toMatchObject({ rows: 11, complete: true })
    // It began in the first run.
    expect(extracted!.marker.entities.agent_details!.fetched_at![0] < extracted!.marker.started_at).toBe(true)
  })

  it('is begun anew with other settings', async () => {
    await stopAtAgent()
    forget()
    const sources = site.options().sources.map(config => smaller(config, 5))
    expect((await site.bring({ sources })).code).toBe(0)
    expect(callsByPath(site.freshdesk.calls)).toMatchObject({ '/roles': 4, '/agents': 6 })
  })

  it('is begun anew on another day', async () => {
    await stopAtAgent()
    forget()
    site.clock.pass(86_400_000)
    const { extracted } = await site.bring()
    expect(extracted!.batch).toBe('sync-2026-01-06')
    expect(callsByPath(site.freshdesk.calls)).toMatchObject({ '/roles': 6, '/agents': 6, [`/agents/${site.desk.agents[0]!.id}`]: 1 })
    expect(batchesIn(site.dataDir)).toEqual(['sync-2026-01-06'])
  })

  it('is begun anew for another host', async () => {
    await stopAtAgent()
    const other = await createSite()
    const { code } = await site.bring({ testHosts: { freshdesk: other.freshdesk.host, bill: other.bill.host } })
    expect([code, callsByPath(other.freshdesk.calls)['/roles']]).toEqual([0, 6])
    await other.close()
  })

  it('leaves no record of somebody who has gone since', async () => {
    await stopAtAgent()
    const [first, second] = site.desk.agents.splice(0, 2)
    site.desk.admin_groups.length = 0
    for (const entity of ['agents', 'admin_groups']) writeFileSync(work(`${entity}/1.json`), '[]')
    const { code, extracted } = await site.bring()
    expect(code).toBe(0)
    const names = filesBelow(join(extracted!.folder, 'agent_details'))
    expect(names).toHaveLength(8)
    expect(names).not.toContain(`${first!.id}.json`)
    expect(names).not.toContain(`${second!.id}.json`)
  })

  it('asks again for what changed on the disk', async () => {
    await stopAtAgent()
    forget()
    writeFileSync(work('roles/2.json'), '[]')
    writeFileSync(work(`agent_details/${site.desk.agents[1]!.id}.json`), '{"id":')
    const { code } = await site.bring()
    expect(code).toBe(0)
    expect(callsByPath(site.freshdesk.calls)).toMatchObject({ '/roles': 6, [`/agents/${site.desk.agents[1]!.id}`]: 1 })
    expect(callsByPath(site.freshdesk.calls)['/agents']).toBeUndefined()
  })

  it('walks a list that never stood still again', async () => {
    site.freshdesk.before = ({ path, query }) => {
      if (path === '/agents' && query.get('page') === '2') site.desk.agents.splice(4, 1)
    }
    await stopAtAgent(1)
    site.freshdesk.before = () => {}
    forget()
    const { extracted } = await site.bring()
    expect(extracted!.marker.entities.agents).toMatchObject({ complete: true, unstable: false, rows: site.desk.agents.length })
    expect(callsByPath(site.freshdesk.calls)['/agents']).toBeGreaterThan(1)
  })

  it('leaves no page of a walk that was longer', async () => {
    site.freshdesk.before = ({ path }, nth) => {
      if (path === '/agents' && nth === 4) site.desk.agents.length = 3
    }
    const { code, extracted } = await site.bring()
    expect(code).toBe(0)
    expect(filesBelow(join(extracted!.folder, 'agents'))).toEqual(['1.json'])
  })

  it('makes no batch of a page that changed meanwhile', async () => {
    site.bill.before = ({ path }) => {
      if (path.startsWith('/transactions/')) writeFileSync(work('users/1.json'), '{"results":[]}')
    }
    const outcome = await site.bring()
    expect([outcome.code, outcome.said]).toEqual([4, expect.stringContaining('users/1.json changed on disk after it was written')])
    expect(batchesIn(site.dataDir)).toEqual([])
    site.bill.before = () => {}
    expect((await site.bring()).code).toBe(0)
  })

  it('leaves unknown things out of the batch', async () => {
    await stopAtAgent()
    for (const path of ['agents/9.json', 'agents/note.txt', 'other/1.json', 'stray.json']) {
      mkdirSync(join(work(path), '..'), { recursive: true })
      writeFileSync(work(path), '[]')
    }
    const { extracted } = await site.bring()
    const named = Object.values(extracted!.marker.entities).flatMap(({ files }) => files.map(({ path }) => path))
    expect(filesBelow(target())).toEqual(['_COMPLETE', ...named].sort())
  })
})

describe('a batch that is there', () => {
  it('is left as it is, and nothing is asked', async () => {
    mkdirSync(target())
    writeFileSync(join(target(), 'mine.json'), '[]')
    const { code, said } = await site.bring()
    expect([code, said]).toEqual([5, expect.stringContaining(`Batch sync-2026-01-05 already exists: ${target()}`)])
    expect(said).toContain('--batch sync-2026-01-05T1200')
    expect([site.freshdesk.calls, site.bill.calls]).toEqual([[], []])
    expect(filesBelow(target())).toEqual(['mine.json'])
  })

  it('is left as it is when it comes meanwhile', async () => {
    site.bill.before = ({ path }) => {
      if (path === '/transactions') mkdirSync(target(), { recursive: true })
    }
    const { code } = await site.bring()
    expect([code, filesBelow(target())]).toEqual([5, []])
    expect((await site.bring({ batch: 'sync-2026-01-05T1200' })).code).toBe(0)
  })

  it.each(['', 'sync-2026-01-04', 'today', '../sync-2026-01-05', '.sync-2026-01-05', '_sync-2026-01-05', 'a/sync-2026-01-05'])(
    'has a name with its day: %j has none',
    async batch => {
      const { code, said } = await site.bring({ batch })
      expect([code, said]).toEqual([2, expect.stringContaining(`Invalid batch name '${batch}': it must contain the day 2026-01-05`)])
    },
  )
})

describe('the lock', () => {
  const lock = () => join(site.dataDir, '.extract/lock')
  const holder = (change: object) => {
    mkdirSync(join(site.dataDir, '.extract'), { recursive: true })
    const probe = takeLock(join(site.dataDir, '.extract'))
    const held = JSON.parse(readFileSync(lock(), 'utf8')) as object
    probe.release()
    writeFileSync(lock(), JSON.stringify({ ...held, token: 'another', ...change }))
  }

  it('keeps a second run out, which says who holds it', async () => {
    const other = new Promise(resolve => {
      site.freshdesk.before = ({ path }, nth) => {
        if (path === '/agents' && nth === 1) resolve(site.bring())
      }
    })
    const first = await site.bring()
    expect(first.code).toBe(0)
    expect(await other).toMatchObject({
      code: 5,
      said: expect.stringMatching(new RegExp(`^Another extraction is running: process ${process.pid}, since 20`)),
    })
  })

  it.each([
    ['a process that is gone', { pid: 2 ** 22 + 1 }],
    ['another process with its number', { pid: process.ppid, began: '1' }],
    ['this process, which does not know of it', { pid: process.pid }],
  ])('of %s is passed over', async (_, change) => {
    holder(change)
    expect((await site.bring()).code).toBe(0)
    expect(filesBelow(join(site.dataDir, '.extract'))).toEqual([])
  })

  it('of a process that runs is held', async () => {
    const began = process.platform === 'linux' ? readFileSync(`/proc/${process.ppid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19] : ''
    holder({ pid: process.ppid, began })
    const { code, said } = await site.bring()
    expect([code, said]).toEqual([5, expect.stringContaining(`process ${process.ppid}`)])
    expect(site.freshdesk.calls).toEqual([])
  })

  it('of another machine is held until it is silent for two minutes', async () => {
    holder({ place: 'elsewhere 1 2' })
    const { code, said } = await site.bring()
    expect([code, said]).toEqual([5, expect.stringMatching(/process \d+ on elsewhere, since/)])
    const old = new Date(Date.now() - 121_000)
    utimesSync(lock(), old, old)
    expect((await site.bring()).code).toBe(0)
  })

  it('that nobody can read is held until it is silent', async () => {
    mkdirSync(join(site.dataDir, '.extract'))
    writeFileSync(lock(), '{"tok')
    expect((await site.bring()).code).toBe(5)
    const old = new Date(Date.now() - 121_000)
    utimesSync(lock(), old, old)
    expect((await site.bring()).code).toBe(0)
  })

  it('that somebody else took ends the run before its batch', async () => {
    site.bill.before = ({ path }) => {
      if (path === '/transactions') writeFileSync(lock(), JSON.stringify({ token: 'another', pid: 1, began: '', place: '', since: '' }))
    }
    const { code, said } = await site.bring()
    expect([code, said]).toEqual([5, expect.stringContaining('Another extraction took the lock')])
    expect(batchesIn(site.dataDir)).toEqual([])
    expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ token: 'another' })
  })
})

describe('Ctrl-C', () => {
  const interrupted = new Error('Interrupted')

  it('ends a wait at once, and what is finished stays', async () => {
    const stop = new AbortController()
    const sources = site.options().sources.map(config => ({ ...config, calls_per_minute: 1 }))
    site.freshdesk.before = () => void setImmediate(() => setImmediate(() => stop.abort(interrupted)))
    // With the machine's clock the second call would be sent after a minute.
    await expect(extract(site.options({ sources, clock: systemClock, signal: stop.signal }))).rejects.toBe(interrupted)
    expect(batchesIn(site.dataDir)).toEqual([])
    expect(filesBelow(join(site.dataDir, '.extract')).includes('lock')).toBe(false)
  })

  it('ends a call at once', async () => {
    const stop = new AbortController()
    const sources = site.options().sources.map(config => ({ ...config, timeout_seconds: 60 }))
    site.freshdesk.faults = [{ path: '/roles', nth: 1, kind: 'slow-headers' }]
    site.freshdesk.before = () => stop.abort(interrupted)
    await expect(extract(site.options({ sources, signal: stop.signal }))).rejects.toBe(interrupted)
    expect(site.freshdesk.calls).toHaveLength(1)
  })

  it('before the first call asks nothing', async () => {
    await expect(extract(site.options({ signal: AbortSignal.abort(interrupted) }))).rejects.toBe(interrupted)
    expect([site.freshdesk.calls, site.bill.calls]).toEqual([[], []])
  })
})

describe('the deadline', () => {
  it('ends the run as incomplete; the next one goes on', async () => {
    const sources = site.options().sources.map(config => ({ ...config, calls_per_minute: 6 }))
    const { code, said } = await site.bring({ sources, deadlineMinutes: 2 })
    expect([code, said]).toEqual([4, expect.stringMatching(/^Deadline reached before \w+ GET \S+( page \d)?\nRun extract again later/)])
    expect(batchesIn(site.dataDir)).toEqual([])
    expect((await site.bring()).code).toBe(0)
  })
})

describe('a list that shrank', () => {
  const shrink = () => {
    site.clock.pass(86_400_000)
    for (const { id } of site.desk.agents.splice(0, 6)) site.desk.details.delete(id)
    site.desk.admin_groups.length = 0
  }

  it('is told of', async () => {
    await site.bring()
    shrink()
    const { code, lines } = await site.bring()
    expect(code).toBe(0)
    expect(lines).toContain('agents has 4 rows, 10 in the last batch: check what the key can see')
    expect(lines).toContain('admin_groups has 0 rows, 4 in the last batch: check what the key can see')
  })

  it('is a failure where the source says so', async () => {
    await site.bring()
    shrink()
    const sources = site.options().sources.map(config => ({ ...config, shrink: { below: 0.5, action: 'fail' as const } }))
    const { code, said } = await site.bring({ sources })
    expect([code, said]).toEqual([4, expect.stringMatching(/has \d rows, \d+ in the last batch/)])
    expect(batchesIn(site.dataDir)).toEqual(['sync-2026-01-05'])
  })
})

describe('the disk', () => {
  it('that will not take a page ends the run with the file and the reason', async () => {
    mkdirSync(join(site.dataDir, '.extract/work/feed'), { recursive: true })
    writeFileSync(work('roles'), '')
    const { code, said } = await site.bring()
    expect([code, said]).toEqual([4, expect.stringMatching(/roles.*\((EEXIST|ENOTDIR)\)\n.*run extract again/s)])
    expect(batchesIn(site.dataDir)).toEqual([])
  })

  it('of which the data folder is a file is said', async () => {
    writeFileSync(join(site.dataDir, 'file'), '')
    const { code, said } = await site.bring({ dataDir: join(site.dataDir, 'file') })
    expect([code, said]).toEqual([4, expect.stringContaining('ENOTDIR')])
  })
})

it('names what is missing before anything else', async () => {
  const { code, said } = await site.bring({ env: {} })
  expect(code).toBe(2)
  expect(said).toContain('FRESHDESK_API_KEY is not set')
  expect(said).toContain('BILL_API_TOKEN is not set')
  expect(filesBelow(site.dataDir)).toEqual([])
})
