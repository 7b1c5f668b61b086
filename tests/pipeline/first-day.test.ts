import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generate } from '../../bench/generate.ts'
import { buildCommand } from '../../run/commands/build.ts'
import { planCommand } from '../../run/commands/plan.ts'
import { loadCommand } from '../../run/feed/commands/load.ts'
import { perform } from './command.ts'
import { type FreshDatabase, projectDir } from './database.ts'
import { putFile, withFeedFolder } from './feed-folder.ts'
import { projectWith } from './warehouse.ts'

const agent = (id: number, name: string, more: object = {}) => ({
  id,
  contact: { name, email: `${name.split(' ')[0]?.toLowerCase()}@acme.example.test`, active: true },
  ticket_scope: 1,
  type: 'support_agent',
  created_at: '2025-03-01T09:00:00Z',
  updated_at: '2026-01-04T08:00:00Z',
  ...more,
})
const people = ['Ana Novak', 'Bo Lind', 'Cleo Marsh', 'Dev Rao'].map((name, index) => agent(index + 1, name))

let database: FreshDatabase
let data: string
withFeedFolder(given => {
  ;({ database, data } = given)
})

const put = (files: Record<string, unknown>) => {
  for (const [path, content] of Object.entries(files)) putFile(data, path, typeof content === 'string' ? content : JSON.stringify(content))
}
const run = (name: 'build' | 'plan' | 'load', options: object = {}) => {
  const given = { url: database.url, dir: projectDir, name, options: { data, targetPath: join(data, '.target'), ...options } }
  if (name === 'plan') return perform(planCommand, given)
  if (name === 'load') return perform(loadCommand, given)
  return perform(command => buildCommand(command, { types: ['model', 'seed', 'snapshot', 'test'], loads: true }), given)
}
const values = (query: string) => database.sql.unsafe(query).values()

describe("a feed of one's own", () => {
  const spent = (cleared: number) => ({
    startDate: '2026-01-01',
    endDate: '2026-02-01',
    limit: 500,
    assigned: 500,
    spent: { cleared, pending: 0 },
  })
  const day = (batch: string, agents: object[], members: number[], cleared: number): Record<string, unknown> => ({
    [`${batch}/agents.json`]: agents,
    [`${batch}/admin_groups.json`]: [{ id: 501, name: 'Desk', agent_ids: members, parent_group_id: null }],
    [`${batch}/roles.json`]: [{ id: 601, name: 'Agent', default: true, agent_type: 1 }],
    [`${batch}/budgets/1.json`]: {
      results: [
        { id: 'BGT1', uuid: 'bgt_1', name: 'Travel', currentPeriod: spent(cleared) },
        { id: 'BGT9', uuid: 'bgt_9', name: 'Ad hoc', currentPeriod: null },
      ],
    },
    [`${batch}/cards/1.json`]: {
      results: [
        { id: 'CRD1', uuid: 'crd_1', userId: 'USR1', status: 'ACTIVATED', type: 'PHYSICAL', createdTime: '2025-03-01T09:00:00.000+00:00' },
      ],
    },
    [`${batch}/transactions/1.json`]: {
      results: [
        {
          id: 'TX21',
          uuid: 'txr_21',
          transactionType: 'CLEAR',
          amount: 11.7,
          currencyData: { originalCurrencyAmount: '1000', exponent: 2, originalCurrencyCode: 'EUR' },
          userId: 'USR1',
          userName: 'Ana Novak',
          budgetId: 'BGT1',
          cardId: 'CRD1',
          occurredTime: '2026-01-04T10:00:00Z',
          updatedTime: '2026-01-04T10:00:00Z',
        },
      ],
    },
  })
  const [ana, bo, cleo] = people as [object, object, object]
  const feed = {
    ...day('sync-2026-01-05', [ana, bo, cleo], [1, 2], 100),
    ...day('sync-2026-01-06', [ana, bo], [1, 2], 100),
    ...day('sync-2026-01-07', [ana, bo, cleo], [1], 250),
  }

  it('is published with the seeds as shipped, and then with rates and overrides of its own in _seeds', async () => {
    put(feed)
    const { code, stdout, stderr } = await run('build')
    expect(stderr).not.toContain('_seeds')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/Data through 2026-01-07, published \d\d:\d\d UTC\./)
    expect(stdout).not.toContain('Needs attention')
    expect(await values('select amount_usd, fx_source, exchange_rate from core.transactions')).toEqual([['11.7', 'amount', null]])
    expect(await values("select limit_amount from core.budgets where budget_id = 'BGT9'")).toEqual([[null]])
    expect(await values('select distinct error_type, severity, field from errors.budget_pipeline_errors')).toEqual([
      ['missing_value', 'warning', 'currentPeriod.limit'],
    ])
    expect(await values('select * from errors.user_pipeline_errors')).toEqual([])
    expect(await values('select sync_date, is_active from core.agent_status_history where agent_id = 3 order by 1')).toEqual([
      ['2026-01-05', true],
      ['2026-01-06', false],
      ['2026-01-07', true],
    ])

    // An override for an unknown agent is reported and fails nothing.
    put({
      '_seeds/exchange_rates.csv': 'rate_date,currency,usd_per_unit\n2026-01-01,EUR,1.2\n',
      '_seeds/user_agent_overrides.csv': 'user_id,agent_id\nUSR1,2\nUSR7,424242\n',
      '.trash/agents/1.json': '[]',
    })
    const own = await run('build')
    expect(own.code, own.stderr).toBe(0)
    expect(own.stderr).toContain('Seed exchange_rates is taken from ')
    expect(own.stderr).toContain('Seed user_agent_overrides is taken from ')
    expect(await values('select amount_usd, fx_source from core.transactions')).toEqual([['12.00', 'seed']])
    expect(await values('select user_id, agent_id, matched_by from core.user_agent_mapping order by 1')).toEqual([
      ['USR1', '2', 'override'],
    ])
    expect(await values('select user_id, severity, error_type from errors.user_pipeline_errors')).toEqual([
      ['USR7', 'warning', 'unknown_override'],
    ])
    expect(await values('select distinct batch from ops.batches order by 1')).toEqual([
      ['sync-2026-01-05'],
      ['sync-2026-01-06'],
      ['sync-2026-01-07'],
    ])
  })

  it('is not mixed with another one', async () => {
    put({ 'sync-2026-01-05/agents.json': people })
    expect((await run('load')).code).toBe(0)
    rmSync(join(data, 'sync-2026-01-05'), { recursive: true })
    put({ 'sync-2026-02-01/agents.json': people.slice(0, 1) })
    for (const name of ['load', 'build', 'plan'] as const) {
      const { code, stderr } = await run(name)
      expect({ name, code }).toEqual({ name, code: 2 })
      expect(stderr).toContain('it looks like another feed')
      expect(stderr).toContain('--prune')
    }
    expect(await values('select batch from ops.batches')).toEqual([['sync-2026-01-05']])
    expect((await run('load', { prune: true })).code).toBe(0)
    expect(await values('select path from ops.files')).toEqual([['sync-2026-02-01/agents.json']])
  })
})

it('dates in names are read in each of their forms; a batch without one is told by load, plan and build', async () => {
  const names = ['20260105', '20260106T060000Z', 'export_2026_01_07', 'week1']
  put(Object.fromEntries(names.map(name => [`${name}/agents.json`, people])))
  const line = ': week1,YYYY-MM-DD, or week1, without a date'
  expect((await run('load')).stderr).toContain(line)
  expect((await run('plan')).stdout).toContain(line)
  const { stdout, code } = await run('build')
  expect(stdout).toContain(line)
  expect(code).toBe(0)
  expect((await run('build')).stdout, 'nothing new').toContain(line)
  expect((await run('load')).stderr).toContain(line)
  expect(await values('select source, sync_date from staging.base_batches order by batch_order')).toEqual([
    ['week1', null],
    ['20260105', '2026-01-05'],
    ['20260106T060000Z', '2026-01-06'],
    ['export_2026_01_07', '2026-01-07'],
  ])
  put({ '_seeds/sync_batches.csv': 'batch,sync_date\nweek1,\n' })
  expect((await run('build')).stdout).not.toContain('week1')
})

it('wrappers of Airbyte and Singer are opened; what is of another stream makes the snapshot incomplete', async () => {
  const lines = (...messages: object[]) => messages.map(message => `${JSON.stringify(message)}\n`).join('')
  put({
    'sync-2026-01-05/agents/3.JSON': [people[2]],
    'sync-2026-01-05/agents/airbyte.jsonl': lines(
      { type: 'LOG', log: { level: 'INFO', message: 'x' } },
      { type: 'RECORD', record: { stream: 'agents', data: people[1], emitted_at: 1 } },
      { type: 'RECORD', record: { stream: 'groups', data: { id: 5, name: 'other' }, emitted_at: 1 } },
    ),
    'sync-2026-01-05/agents/s3.jsonl': lines({ _airbyte_ab_id: 'x', _airbyte_emitted_at: 1, _airbyte_data: people[3] }),
    'sync-2026-01-05/agents/singer.jsonl': lines(
      { type: 'SCHEMA', stream: 'agents', schema: {} },
      { type: 'RECORD', stream: 'agents', record: people[0] },
      { type: 'STATE', value: {} },
    ),
    'sync-2026-01-05/agents/notes.txt': 'x',
  })
  const { code, stdout, stderr } = await run('build')
  expect(code, stderr).toBe(0)
  expect(stderr.match(/notes\.txt/g)).toHaveLength(1)
  expect(await values('select name from core.agents order by 1')).toEqual(people.map(({ contact: { name } }) => [name]))
  expect(await values('select severity, error_type, field, agent_id, position from errors.agent_pipeline_errors order by 1, 2')).toEqual([
    ['error', 'invalid_value', 'stream', null, 1],
    ['warning', 'incomplete_snapshot', null, null, null],
  ])
  expect(stdout).toContain('The agents of sync-2026-01-05 are incomplete (1 of its records belongs elsewhere): nobody became inactive')
  expect((await run('build', { warnError: true })).code, 'an alert is a warning').toBe(1)
})

describe('the first build with the seeds as shipped', () => {
  let project: Awaited<ReturnType<typeof projectWith>>
  beforeAll(async () => {
    project = await projectWith()
  })
  afterAll(() => project.remove())

  // Within three seeds each format, dirt, details and whole snapshots occur at least once.
  it.each([2, 3, 4])('publishes the invented feed of seed %i', async seed => {
    const warehouse = await project.warehouse()
    const sizes = { agents: 40, groups: 6, transactions: 60, churn: 0.2, changes: 0.5 }
    const format = (['array', 'ndjson', 'gz'] as const)[seed % 3] as 'array'
    try {
      await generate({
        ...sizes,
        seed,
        out: data,
        days: 2,
        from: 1,
        details: seed % 2 === 0,
        snapshots: seed % 4 === 0,
        dirty: (seed % 3) / 10,
        format,
      })
      await warehouse.load(data)
      await warehouse.build()
      expect(await warehouse.sql`select * from ops.file_accounting where records != staged + quarantined + duplicates`).toEqual([])
      const [agents] = await warehouse.sql<{ count: string }[]>`select count(*) from core.agents where is_active`
      expect(Number(agents?.count)).toBeGreaterThan(20)
    } finally {
      await warehouse.drop()
    }
  })
})
