import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { randomOf } from '../../bench/random.ts'
import { sha256 } from '../../loaders/extract/disk.ts'
import { MARKER, readMarker } from '../../loaders/extract/marker.ts'
import { runChild, writeChild } from '../extract/kill.ts'
import { batchesIn, createSite, environment, filesBelow, recordsOf, type Site } from '../extract/site.ts'
import { quickFolder } from '../memory.ts'

const BATCH = 'sync-2026-01-05'

/** Throws unless the batch is complete: everything in its marker exists, and it equals the servers' data. */
function checkWhole({ dataDir, desk, spend }: Site): void {
  const folder = join(dataDir, BATCH)
  const { entities } = readMarker(readFileSync(join(folder, MARKER), 'utf8'))
  const files = Object.values(entities).flatMap(entity => entity.files)
  expect(filesBelow(folder)).toEqual([MARKER, ...files.map(({ path }) => path)].sort())
  for (const file of files) expect(sha256(readFileSync(join(folder, file.path))), file.path).toBe(file.sha256)
  const texts = (rows: Iterable<{ json: string }>) => [...rows].map(({ json }) => json).sort()
  const all = { ...desk, ...spend, agent_details: desk.details.values(), transactions: [...spend.transactions, ...spend.children.values()] }
  for (const [entity, { complete }] of Object.entries(entities)) {
    expect(complete, entity).toBe(true)
    expect(recordsOf(folder, entity).sort(), entity).toEqual(texts(all[entity as keyof typeof all] as Iterable<{ json: string }>))
  }
}

it('kills at random points leave no half batch, and a run after them completes', async () => {
  const site = await createSite({ agents: 9, transactions: 18, pageSize: 4 })
  const folder = quickFolder('deskledger-child-')
  const child = await writeChild(folder)
  const random = randomOf('kills', Number(process.env.EXTRACT_SEED ?? 1))
  const order = { dataDir: site.dataDir, hosts: { freshdesk: site.freshdesk.host, bill: site.bill.host }, env: environment, pageSize: 4 }
  const extractFolder = join(site.dataDir, '.extract')
  const batch = join(site.dataDir, BATCH)
  let [kills, batches, late] = [0, 0, 0]
  try {
    const whole = await runChild(child, { ...order, killAt: 0, how: 'after' })
    const things = Number(/(\d+) things/.exec(whole.printed)?.[1])
    checkWhole(site)
    rmSync(batch, { recursive: true })

    while (kills < Number(process.env.EXTRACT_KILLS ?? 30)) {
      // One kill of three is among the last steps, from the check of the pages to the removal of the lock: the run starts from the
      // beginning.
      const isLate = kills % 3 === 2
      if (isLate) rmSync(extractFolder, { recursive: true, force: true })
      const killAt = isLate ? things - random.int(0, 50) : random.pick([random.int(1, 20), random.int(20, 120), random.int(120, things)])
      const { code, printed } = await runChild(child, { ...order, killAt, how: random.pick(['before', 'after', 'amid']) })
      expect([null, 0], printed).toContain(code)
      if (code === null) kills += 1
      if (existsSync(batch)) {
        checkWhole(site)
        batches += 1
        if (code === null) late += 1
        rmSync(batch, { recursive: true })
      } else expect(code, printed).toBe(null)
      expect(batchesIn(site.dataDir)).toEqual([])
    }
    const last = await runChild(child, { ...order, killAt: 0, how: 'after' })
    expect(last.code, last.printed).toBe(0)
    checkWhole(site)
    expect(filesBelow(extractFolder).filter(name => !name.startsWith('lock.'))).toEqual([])
    // Includes kills between the rename and the end, and kills before it.
    expect(late).toBeGreaterThan(0)
    expect(batches).toBeLessThan(50)
    console.info(`${kills} kills, ${batches} batches meanwhile, ${late} of them by runs that were killed after the rename`)
  } finally {
    await site.close()
    rmSync(folder, { recursive: true })
  }
}, 600_000)
