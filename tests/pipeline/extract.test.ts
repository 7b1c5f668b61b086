import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Marker } from '../../loaders/extract/marker.ts'
import type { Row } from '../extract/data.ts'
import { createSite, type Site } from '../extract/site.ts'
import type { Row as TableRow } from './rules/records.ts'
import { compare, snapshot } from './rules/snapshot.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

let project: Awaited<ReturnType<typeof projectWith>>
let site: Site
let files: string
let [extracted, written]: Warehouse[] = []

beforeAll(async () => {
  project = await projectWith()
})
afterAll(() => project.remove())

beforeEach(async () => {
  site = await createSite({ agents: 40, transactions: 150, pageSize: 10 })
  files = mkdtempSync(join(tmpdir(), 'deskledger-files-'))
  ;[extracted, written] = [await project.warehouse(), await project.warehouse()]
})
afterEach(async () => {
  await Promise.all([extracted?.drop(), written?.drop(), site.close()])
  rmSync(files, { recursive: true })
})

/** Writes the servers' data as a feed: one file per list. */
function write(batch: string): void {
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(files, batch, path)), { recursive: true })
    writeFileSync(join(files, batch, path), text)
  }
  const array = (rows: Iterable<Row>) => `[${[...rows].map(({ json }) => json).join(',')}]`
  const { desk, spend } = site
  put('roles.json', array(desk.roles))
  put('admin_groups/1.json', array(desk.admin_groups))
  put('agents/1.json', array(desk.agents))
  for (const [id, { json }] of desk.details) put(`agent_details/${id}.json`, json)
  put('users/1.json', `{"results":${array(spend.users)}}`)
  put('budgets/1.json', `{"results":${array(spend.budgets)}}`)
  put('cards/1.json', `{"results":${array(spend.cards)}}`)
  put('transactions/1.json', `{"results":${array([...spend.transactions, ...spend.children.values()])}}`)
}

/** The tables of the contract without the places of records, which differ between pages and one file. */
async function tablesOf(warehouse: Warehouse, leftOut: string[] = []): Promise<Record<string, TableRow[]>> {
  const without = (row: TableRow) =>
    Object.fromEntries(Object.entries(row).filter(([column]) => !['file', 'position', ...leftOut].includes(column)))
  const all = Object.entries(await snapshot(warehouse.sql)).filter(
    ([name]) => name !== 'ops.file_accounting' && !(leftOut.length > 0 && /^(errors|staging)\.|quality/.test(name)),
  )
  return Object.fromEntries(all.map(([name, rows]) => [name, rows.map(without)]))
}

async function build(warehouse: Warehouse, folder: string): Promise<void> {
  await warehouse.load(folder)
  await warehouse.build()
}

it('extract and build give what the build of the same data as files gives', async () => {
  const { code } = await site.bring()
  expect(code).toBe(0)
  write('sync-2026-01-05')
  await build(extracted!, site.dataDir)
  await build(written!, files)
  const [one, other] = [await tablesOf(written!), await tablesOf(extracted!)]
  expect(one['core.agents']).toHaveLength(41)
  expect(one['core.transactions']!.length).toBeGreaterThan(150)
  expect(compare(one, other)).toEqual([])
  // No file of the extraction itself is taken for feed.
  expect(await extracted!.sql`select path from ops.files where path ~ '_COMPLETE|extract' or status <> 'loaded'`).toEqual([])
})

it('a day of which only the changed transactions came gives what the whole day gives', async () => {
  const published: Marker = (await site.bring()).extracted!.marker
  write('sync-2026-01-05')

  site.clock.pass(86_400_000)
  for (const [at, row] of site.spend.transactions.entries())
    if (at % 10 === 3)
      row.json = row.json
        .replace(/"updatedTime":"[^"]*"/, '"updatedTime":"2026-01-05T12:00:00.000+00:00"')
        .replace('"isLocked":false', '"isLocked":true')
  for (const row of site.spend.transactions)
    row.fields = { ...row.fields, updatedTime: (JSON.parse(row.json) as Row['fields']).updatedTime }
  const [gone] = site.desk.agents.splice(3, 1)
  site.desk.details.delete(gone!.id)

  const second = await site.bring({ publishedMarker: () => published })
  write('sync-2026-01-06')
  expect(second.extracted!.marker.entities.transactions!.rows).toBeLessThan(100)
  await build(extracted!, site.dataDir)
  await build(written!, files)
  // A repeated record has the second day as source in one of them, and the first day in the other.
  expect(compare(await tablesOf(written!, ['source']), await tablesOf(extracted!, ['source']))).toEqual([])
  expect(await extracted!.sql`select is_active from core.agents where agent_id = ${gone!.id}`).toEqual([{ is_active: false }])
})
