import { rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { dirt, type Spoil, set } from './dirt.ts'
import { agentId, type Fields, roleId } from './helpdesk.ts'
import { type Directory, directoryOf } from './people.ts'
import { sampleAgents, sampleDetails, sampleGroups, sampleReadings, sampleRoles } from './sample-helpdesk.ts'
import { sampleSeeds } from './sample-seeds.ts'
import { sampleBudgets, sampleCards, sampleTransaction, sampleUsers, spoiltTransactions } from './sample-spend.ts'
import { jsonText, ndjsonText, verbatim } from './text.ts'

/**
 * The committed sample feed, path to bytes: three days and an undated batch. Which file holds which dirt:
 *
 *     sync-day1/agents/1.json         a telephone number as a number. tran/agents/1.json has the same bytes
 *     sync-day1/agents/2.json         an id that is null, an exact repetition, one id twice with different contents
 *     sync-day2/agents.json           one file, {"agents":[…]}: contact null, \u0000, id and available as text, available "yes", id -1, id
 * 69010949999.0, a repeated key
 *     sync-day3/agents/               wrapped NDJSON; 2.json: no name and no mail, half an emoji, 2026-02-30, "now", an empty mail,
 *                                     an id beyond bigint; 10.json repeats the end of 2.json
 *     sync-day1/agent_details/        different availability rows of one channel, availability of texts, an id as text, no role_ids
 *     sync-day2/agent_details/        role_ids as text, role_ids with "abc", null and "69000250003", 0000-00-00, a signature of 3 kB
 *     sync-day3/agent_details/        an unknown role, 1e400, an organisation id as number, an agent outside of all lists, an error body
 *     sync-day3/agent_availability/   an unknown agent, a reference without an id, all.json has an unsupported form
 *     sync-dayN/users                 day 1 retired as text; day 2 two pages, an invalid creation time, a user without name and mail; one
 * accent, one mail of two
 *     sync-day1/admin_groups.json     a group without a name; an unknown member; in all batches: a cycle, an unknown parent, an unknown
 * escalation
 *     sync-day2/admin_groups/         an id as text; 2.json is truncated: groups of day 2 take no part in absence
 *     sync-day3/admin_groups/1.json   {"groups":[…]}: a group gone; members null, members absent, members with null, text and -1; "epoch"
 *     sync-dayN/roles                 day 1 no name, day 2 a BOM and default as text, day 3 one id twice, an unseen agent_type, a login
 * page
 *     sync-dayN/budgets               day 1 an empty id and a limit as text, day 2 a negative and a missing limit, day 3 {"data":[…]}, a
 * number for an id, 2026-02-30
 *     sync-dayN/cards                 day 1 no user, one id twice, last four as number, an unknown budget; day 2 made "now", no type, an
 * error body as an array;
 *                                     day 3 NDJSON: a negative limit, recurring as text, an unseen status
 *     sync-dayN/transactions          see spoiltTransactions; day 2 also one id twice and a null; day 3 also 184.10 and a repetition
 *     tran/agents/2.ndjson            a broken line, a text for a record
 *     tran/                           an empty file, no roles, an empty result, a gzip that ends early, invalid UTF-8, a raw NUL; newer and
 * older states of transactions
 */
export function sampleFiles(): Map<string, Buffer> {
  const directory = directoryOf(2026)
  const files = new Map<string, Buffer>()
  const add = (path: string, content: string | Buffer) => files.set(path, Buffer.from(content as string))
  addAgents(directory, add)
  addDetails(directory, add)
  addGroups(add)
  addReadings(directory, add)
  addRoles(add)
  addUsers(directory, add)
  addBudgets(add)
  addCards(directory, add)
  addTransactions(directory, add)
  for (const entity of ['agents', 'transactions']) {
    const day = entity === 'agents' ? 'sync-day1' : 'sync-day2'
    add(`tran/${entity}/1.json`, files.get(`${day}/${entity}/1.json`) as Buffer)
  }
  for (const [seed, csv] of Object.entries(sampleSeeds)) add(`_seeds/${seed}.csv`, csv)
  return files
}

/** Makes the folder contain the sample feed and nothing else. */
export async function writeSample(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  for (const [path, content] of sampleFiles()) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

type Add = (path: string, content: string | Buffer) => void

const pretty = (value: unknown) => `${jsonText(value, 2)}\n`
const results = (records: unknown[]) => ({ results: records })

/** The records, with those of the given numbers spoilt. */
function spoil(records: Map<number, Fields>, spoils: Record<number, Spoil>): unknown[] {
  return [...records].map(([n, record]) => spoils[n]?.(record) ?? record)
}

function addAgents(directory: Directory, add: Add): void {
  const { agents } = dirt
  const [day1, day2, day3] = [1, 2, 3].map(day => sampleAgents(directory, day)) as [
    Map<number, Fields>,
    Map<number, Fields>,
    Map<number, Fields>,
  ]
  const stranger = day1.get(30) as Fields
  const older = set('updated_at', '2025-12-30T10:00:00Z')(set('contact.job_title', 'Trainee')(day1.get(25) as Fields) as Fields)
  const first = spoil(day1, { 13: agents['phone as number'] })
  add('sync-day1/agents/1.json', jsonText(first.slice(0, 22)))
  add('sync-day1/agents/2.json', pretty([...first.slice(22), agents['id null'](stranger), day1.get(24), older]))

  const second = spoil(day2, {
    12: agents['contact null'],
    20: agents['NUL in signature'],
    26: agents['available as text'],
    27: agents['id as text'],
    28: agents['available yes'],
    29: agents['key twice'],
  })
  const odd = [agents['id negative'](stranger), agents['id with a point']({ ...stranger, id: 69_010_949_999 })]
  add('sync-day2/agents.json', jsonText({ agents: [...second, ...odd] }))

  const third = spoil(day3, {
    30: agents['created on no day'],
    31: agents['no name and no mail'],
    32: agents['mail empty'],
    33: agents['half an emoji'],
    34: agents['active now'],
  })
  const wrapped = third.slice(0, 18).map((data, n) => ({ stream: 'agents', data, emitted_at: 1_767_805_200_000 + n }))
  add('sync-day3/agents/1.ndjson', ndjsonText(wrapped))
  // Foreign records make a day incomplete: no day depends on this batch.
  const lines = ndjsonText([day1.get(24), agents['no object'](stranger)]).split('\n')
  lines.splice(1, 0, '{"stream":"agents","data":{"available":true,"occasional":fal')
  add('tran/agents/2.ndjson', lines.join('\n'))
  add('sync-day3/agents/2.json', pretty([...third.slice(18), agents['id beyond bigint'](stranger)]))
  add('sync-day3/agents/10.json', jsonText(third.slice(-4)))
}

function addDetails(directory: Directory, add: Add): void {
  for (const day of [1, 2, 3]) {
    for (const [n, record] of sampleDetails(directory, day)) {
      const path = `sync-day${day}/agent_details/${record.id}.json`
      if (n === 38 && day === 3)
        add(path, jsonText({ description: 'Access denied', errors: [{ code: 'access_denied', message: 'You are not authorized' }] }))
      else add(path, (n + day) % 4 === 0 ? pretty(record) : jsonText(record))
    }
  }
}

function addReadings(directory: Directory, add: Add): void {
  for (const day of [2, 3])
    for (const [n, record] of sampleReadings(directory, day)) {
      const spoils: Record<number, Spoil> = day === 3 ? { 30: dirt.agent_availability['reference without an id'] } : {}
      const id = /\d+$/.exec(String(record.agent_ref))?.[0]
      add(`sync-day${day}/agent_availability/${id}.json`, jsonText(spoils[n]?.(record) ?? record))
    }
  const [first] = sampleReadings(directory, 3).values()
  add('sync-day3/agent_availability/all.json', jsonText([dirt.agent_availability['list form'](first as Fields)]))
}

function addUsers(directory: Directory, add: Add): void {
  const { users } = dirt
  const [day1, day2, day3] = [1, 2, 3].map(day => sampleUsers(directory, day)) as [
    Map<number, Fields>,
    Map<number, Fields>,
    Map<number, Fields>,
  ]
  add('sync-day1/users/1.json', jsonText(results(spoil(day1, { 9: users['retired as text'] }))))
  const nobody = { ...(day2.get(21) as Fields), id: 'VXNlcjoyMDAyNQ==', uuid: undefined }
  const second = spoil(day2, { 11: users['made never'] })
  add('sync-day2/users/1.json', jsonText({ ...results(second.slice(0, 12)), nextPage: 'MTI=' }))
  add('sync-day2/users/2.json', jsonText(results([...second.slice(12), users['no name and no mail'](nobody)])))
  add('sync-day3/users.json', pretty(results(spoil(day3, {}))))
}

function addGroups(add: Add): void {
  const { admin_groups: groups } = dirt
  const [day1, day2, day3] = [1, 2, 3].map(sampleGroups) as [Map<number, Fields>, Map<number, Fields>, Map<number, Fields>]
  add('sync-day1/admin_groups.json', pretty([...spoil(day1, {}), groups['no name']({ ...(day1.get(3) as Fields), id: 69_000_370_013 })]))
  const second = spoil(day2, { 4: groups['id as text'] })
  add('sync-day2/admin_groups/1.json', jsonText(second.slice(0, 8)))
  add('sync-day2/admin_groups/2.json', jsonText(second.slice(8)).slice(0, -230))
  const third = spoil(day3, {
    2: record => ({ ...record, agent_ids: [...(record.agent_ids as number[]), null, String(agentId(29)), -1] }),
    5: groups['members null'],
    6: set('agent_ids', undefined),
    10: groups['created at epoch'],
    12: set('parent_group_id', undefined),
  })
  add('sync-day3/admin_groups/1.json', jsonText({ groups: third }))
  add('tran/admin_groups.json', '')
}

function addRoles(add: Add): void {
  const { roles } = dirt
  const [day1, day2, day3] = [1, 2, 3].map(sampleRoles) as [Map<number, Fields>, Map<number, Fields>, Map<number, Fields>]
  add('sync-day1/roles.json', pretty([...spoil(day1, {}), roles['no name']({ ...(day1.get(4) as Fields), id: roleId(9) })]))
  add('sync-day2/roles/1.json', `\ufeff${jsonText(spoil(day2, { 6: roles['default as text'] }))}`)
  const reworded = set('description', 'Approves refunds over $100')(day3.get(7) as Fields)
  add('sync-day3/roles/1.json', jsonText([...spoil(day3, { 6: roles['agent type unseen'] }), reworded]))
  add(
    'sync-day3/roles/2.json',
    '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action="/login"></form></body></html>\n',
  )
  add('tran/roles/1.json', '[]')
  add('tran/roles/2.json', Buffer.from('[{"id":69000250004,"name":"Ag\0ent","default":true}]'))
}

function addBudgets(add: Add): void {
  const { budgets } = dirt
  const [day1, day2, day3] = [1, 2, 3].map(sampleBudgets) as [Map<number, Fields>, Map<number, Fields>, Map<number, Fields>]
  add(
    'sync-day1/budgets/1.json',
    pretty(results([...spoil(day1, { 4: budgets['limit as text'] }), budgets['id empty'](day1.get(9) as Fields)])),
  )
  add('sync-day2/budgets.json', jsonText(results(spoil(day2, { 3: budgets['limit negative'], 10: budgets['limit missing'] }))))
  const twin = budgets['id as number']({ ...(day3.get(2) as Fields), name: 'Software (copy)' })
  add('sync-day3/budgets/1.json', jsonText({ data: [...spoil(day3, { 6: budgets['start on no day'] }), twin] }))
  add('tran/budgets/1.json', jsonText(results([])))
  const zipped = gzipSync(pretty(results(spoil(day3, {}))))
  add('tran/budgets/2.json.gz', zipped.subarray(0, -8))
}

function addCards(directory: Directory, add: Add): void {
  const { cards } = dirt
  const [day1, day2, day3] = [1, 2, 3].map(day => sampleCards(directory, day)) as [
    Map<number, Fields>,
    Map<number, Fields>,
    Map<number, Fields>,
  ]
  const first = spoil(day1, { 31: cards['last four as number'], 34: set('budgetId', 'QnVkZ2V0OjQ0OTk=') })
  const renamed = { ...(day1.get(37) as Fields), name: 'Renamed', updatedTime: '2026-01-05T18:00:00.000+00:00' }
  const odd = { ...(day1.get(1) as Fields), id: 'Q2FyZDo3MTA5MDE=', uuid: undefined }
  add('sync-day1/cards/1.json', jsonText(results(first.slice(0, 20))))
  add('sync-day1/cards/2.json', jsonText(results([...first.slice(20), renamed, cards['no user'](odd)])))
  const second = spoil(day2, { 34: set('budgetId', 'QnVkZ2V0OjQ0OTk='), 36: cards['no type'] })
  add('sync-day2/cards/1.json', pretty(results(second.slice(0, 8))))
  add('sync-day2/cards/2.json', jsonText(results([...second.slice(8), cards['made now'](odd)])))
  const failure = {
    timestamp: '2026-01-06T21:04:11.000+00:00',
    code: 'BDC_1144',
    severity: 'ERROR',
    category: 'REQUEST',
    message: 'Too many requests',
  }
  add('sync-day2/cards/3.json', jsonText([failure]))
  const third = spoil(day3, {
    12: cards['status unseen'],
    34: set('budgetId', 'QnVkZ2V0OjQ0OTk='),
    35: cards['limit negative'],
    39: cards['recurring as text'],
  })
  add('sync-day3/cards.ndjson', ndjsonText(third))
  add(
    'tran/cards/1.json',
    Buffer.concat([Buffer.from('{"results":[{"id":"Q2FyZDo3MTAwMDE=","name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}]}')]),
  )
}

function addTransactions(directory: Directory, add: Add): void {
  const range = (from: number, to: number, day?: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => {
      const [n, kind] = [from + i, spoiltTransactions[from + i]]
      const record = sampleTransaction(directory, n, day)
      return kind === undefined ? record : dirt.transactions[kind](record)
    })
  add('sync-day1/transactions/1.json', jsonText(results(range(1, 30))))
  add('sync-day1/transactions/2.json', pretty(results(range(31, 60))))
  const recategorised = { ...sampleTransaction(directory, 72), merchantCategoryCode: '5999' }
  add('sync-day2/transactions/1.json', jsonText(results(range(61, 80))))
  add('sync-day2/transactions/2.json', jsonText(results([...range(81, 95), ...range(41, 60, 2), recategorised, null])))
  const exact = { ...sampleTransaction(directory, 106), amount: verbatim('184.10'), currencyData: usDollars('18410') }
  const third = range(96, 130).map((record, at) => (at === 10 ? exact : record))
  add('sync-day3/transactions/1.json.gz', gzipSync(jsonText(results(third))))
  add('sync-day3/transactions/2.json', pretty(results([...range(76, 95, 3), sampleTransaction(directory, 108)])))
  const newer = range(1, 8, 3).map(record => ({ ...(record as Fields), complete: true, updatedTime: '2026-01-08T09:30:00.000+00:00' }))
  const older = range(83, 84).map(record => ({
    ...(record as Fields),
    receiptStatus: 'PENDING',
    updatedTime: '2026-01-05T23:59:00.000+00:00',
  }))
  add('tran/transactions/2.json', jsonText(results([...newer, ...older])))
}

const usDollars = (amount: string) => ({
  originalCurrencyAmount: amount,
  exponent: 2,
  originalCurrencyCode: 'USD',
  symbol: '$',
  exchangeRate: 1,
})

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeSample(fileURLToPath(new URL('../data', import.meta.url)))
