import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { type Feed, generate } from '../../bench/generate.ts'
import { directoryOf } from '../../bench/people.ts'

const root = mkdtempSync(join(tmpdir(), 'feed-'))
const size = { seed: 3, agents: 400, groups: 30, transactions: 2000, churn: 0.02, changes: 0.01, days: 3, from: 1 }
const plain = { ...size, snapshots: false, details: false, dirty: 0, format: 'array' } satisfies Omit<Feed, 'out'>

type Row = Record<string, unknown>

async function made(name: string, more: Partial<Feed> = {}): Promise<string> {
  const out = join(root, name)
  await generate({ ...plain, ...more, out })
  return out
}

const rows = (folder: string, path: string): Row[] => {
  const value = JSON.parse(readFileSync(join(folder, path), 'utf8'))
  return Array.isArray(value) ? value : value.results
}

afterAll(() => rmSync(root, { recursive: true }))

describe('generate', () => {
  it('writes the same feed for the same arguments, another for another seed', async () => {
    const [one, same, other] = [await made('one'), await made('same'), await made('other', { seed: 4 })]
    const path = 'sync-day2/transactions/1.json'
    expect(readFileSync(join(one, path)).equals(readFileSync(join(same, path)))).toBe(true)
    expect(readFileSync(join(one, path)).equals(readFileSync(join(other, path)))).toBe(false)
  })

  it('sends all transactions once, then those new and updated', async () => {
    const folder = await made('changes')
    const [first, second] = [1, 2].map(day => rows(folder, `sync-day${day}/transactions/1.json`)) as [Row[], Row[]]
    const known = new Map(first.map(row => [row.id, row]))
    expect(known.size).toBe(2000)
    const updated = second.filter(row => known.has(row.id))
    expect(updated.length).toBeGreaterThanOrEqual(9)
    expect(second.length - updated.length).toBe(10)
    for (const row of updated) expect(String(row.updatedTime) > String(known.get(row.id)?.updatedTime)).toBe(true)
  })

  it('in snapshots sends every transaction as it stands that day', async () => {
    const [folder, changes] = [await made('snapshots', { snapshots: true }), join(root, 'changes')]
    const third = new Map(rows(folder, 'sync-day3/transactions/1.json').map(row => [row.id, row]))
    expect(third.size).toBe(2020)
    const second = new Map(rows(changes, 'sync-day2/transactions/1.json').map(row => [row.id, row]))
    for (const row of rows(changes, 'sync-day3/transactions/1.json')) second.set(row.id, row)
    for (const [id, row] of second) expect(third.get(id)).toEqual(row)
  })

  it('has agents leave, return and join, and none with churn 0', async () => {
    const ids = (folder: string, day: number) => new Set(rows(folder, `sync-day${day}/agents/1.json`).map(row => row.id))
    const [first, second] = [ids(join(root, 'one'), 1), ids(join(root, 'one'), 2)]
    expect([...first].some(id => !second.has(id))).toBe(true)
    expect([...second].some(id => !first.has(id))).toBe(true)
    const still = await made('still', { churn: 0 })
    expect(readFileSync(join(still, 'sync-day3/agents/1.json'))).toEqual(readFileSync(join(still, 'sync-day1/agents/1.json')))
  })

  it('holds the same records as NDJSON and packed', async () => {
    const [lines, packed] = [await made('lines', { format: 'ndjson' }), await made('packed', { format: 'gz' })]
    const text = readFileSync(join(lines, 'sync-day1/cards/1.ndjson'), 'utf8')
    const cards = rows(join(root, 'one'), 'sync-day1/cards/1.json')
    expect(text.endsWith('\n')).toBe(true)
    expect(
      text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual(cards)
    expect(JSON.parse(gunzipSync(readFileSync(join(packed, 'sync-day1/cards/1.json.gz'))).toString()).results).toEqual(cards)
  })

  it('writes a file of details per agent, its name the id', async () => {
    const folder = await made('details', { details: true, agents: 30, days: 1 })
    const files = readdirSync(join(folder, 'sync-day1/agent_details'))
    expect(files).toHaveLength(30)
    for (const file of files)
      expect(JSON.parse(readFileSync(join(folder, 'sync-day1/agent_details', file), 'utf8')).id).toBe(Number.parseInt(file, 10))
  })

  it('writes a reading of availability per agent, and users with the mail of their agents', async () => {
    const folder = await made('readings', { availability: true, agents: 30, days: 1 })
    const agents = new Map(rows(folder, 'sync-day1/agents/1.json').map(row => [String(row.id), row]))
    const files = readdirSync(join(folder, 'sync-day1/agent_availability'))
    expect(files.map(file => file.replace('.json', '')).sort()).toEqual([...agents.keys()].sort())
    for (const file of files) {
      const reading = JSON.parse(readFileSync(join(folder, 'sync-day1/agent_availability', file), 'utf8'))
      expect(`${reading.agent_ref}.json`.endsWith(`/${file}`)).toBe(true)
    }
    const mails = [...agents.values()].map(({ contact }) => (contact as Row).email)
    const users = rows(folder, 'sync-day1/users/1.json')
    expect(users).toHaveLength(15)
    expect(users.filter(({ email }) => !mails.includes(email))).toEqual([])
    expect(new Set(rows(folder, 'sync-day1/cards/1.json').map(({ userId }) => userId))).toEqual(new Set(users.map(({ id }) => id)))
  })

  it('spoils about as many records as asked', async () => {
    const text = (name: string) => readFileSync(join(root, name, 'sync-day1/transactions/1.ndjson'), 'utf8').split('\n')
    await made('dirty', { dirty: 0.1, format: 'ndjson' })
    const [good, bad] = [text('lines'), text('dirty')]
    const spoilt = bad.filter((line, at) => line !== good[at]).length
    expect(bad).toHaveLength(good.length)
    expect(spoilt).toBeGreaterThan(120)
    expect(spoilt).toBeLessThan(280)
  })
})

it('gives 200,000 people names of their own', () => {
  const { person } = directoryOf(1)
  expect(new Set(Array.from({ length: 200_000 }, (_, n) => person(n).name)).size).toBe(200_000)
})
