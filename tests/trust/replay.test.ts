import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../pipeline/database.ts'
import { writeFeed } from '../pipeline/rules/feeds.ts'
import { copyProject } from './project-copy.ts'

describe('errors --replay', () => {
  let database: FreshDatabase
  const { file, run, remove } = copyProject()
  const runner = (...words: string[]) => run(database.url, ...words)

  beforeAll(async () => {
    writeFileSync(file('seeds/user_agent_overrides.csv'), 'user_id,agent_id\n')
    const money = { originalCurrencyAmount: '100', exponent: 2, originalCurrencyCode: 'ABC', exchangeRate: 1 }
    writeFeed(
      [
        {
          name: 'sync-day1',
          files: [
            {
              entity: 'agents',
              path: 'sync-day1/agents/1.json',
              content: '[{"id":1,"contact":{"name":"A"},"available":"yes"},{"id":2,"contact":{}}]',
            },
            {
              entity: 'transactions',
              path: 'sync-day1/transactions/1.json',
              content: JSON.stringify([{ id: 'a', occurredTime: '2026-01-05T10:00:00Z', amount: 1, currencyData: money }]),
            },
          ],
        },
      ],
      file('data'),
    )
    database = await freshDatabase()
    expect((await runner('build')).code).toBe(0)
  })
  afterAll(async () => {
    await database.drop()
    remove()
  })

  it('lists counts, and the records', async () => {
    const counts = JSON.parse((await runner('errors', '--output', 'json')).stdout)
    expect(counts.map((row: Record<string, unknown>) => [row.table_name, row.error_type, row.source, row.records])).toEqual([
      ['agent_pipeline_errors', 'missing_value', 'sync-day1', '1'],
      ['agent_pipeline_errors', 'invalid_value', 'sync-day1', '1'],
      ['transaction_pipeline_errors', 'unknown_currency', 'sync-day1', '1'],
    ])
    const shown = JSON.parse((await runner('errors', '--entity', 'transactions', '--show', '5', '--output', 'json')).stdout)
    expect(shown).toHaveLength(1)
    expect(shown[0].raw_record.id).toBe('a')
  })

  it('after a seed, a rule and a declaration changed: what is good now flows into core, without the files', async () => {
    rmSync(file('data'), { recursive: true })
    const [landed] = await database.sql`select max(file_id) as file_id, max(loaded_at) as at from ops.files`
    writeFileSync(file('seeds/currencies.csv'), `${readFileSync(file('seeds/currencies.csv'), 'utf8').trimEnd()}\nABC,2,Invented\n`)
    edit('macros/values.sql', "or text in ('true', 'false')", "or text in ('true', 'false', 'yes')")
    edit('models/staging/base/base_agents.sql', 'name is null and email is null', 'name is null and email is null and false')
    edit('loaders/entities/agents.yml', 'path: ticket_scope, type: integer', 'path: ticket_scope, type: integer, minimum: 1')

    const { code, stdout, stderr } = await runner('errors', '--replay')
    expect(code, stdout + stderr).toBe(0)
    expect(stderr).toMatch(/1 record re-checked against a changed declaration/)
    expect(stdout).toMatch(/transaction_pipeline_errors +0 open errors \(down from 1\)/)

    const [now] = await database.sql`select max(file_id) as file_id, max(loaded_at) as at from ops.files`
    expect(now).toEqual(landed)
    expect(await database.sql`select agent_id::int, is_available from core.agents order by 1`).toEqual([
      { agent_id: 1, is_available: true },
      { agent_id: 2, is_available: null },
    ])
    expect(await database.sql`select amount_usd from core.transactions`).toEqual([{ amount_usd: '1.00' }])
    const errors = await database.sql`
      select error_type, resolved_at is not null as is_resolved from errors.agent_pipeline_errors
      union all select error_type, resolved_at is not null from errors.transaction_pipeline_errors order by 1, 2`
    expect([...errors]).toEqual([
      { error_type: 'coerced_value', is_resolved: false },
      { error_type: 'invalid_value', is_resolved: true },
      { error_type: 'missing_value', is_resolved: true },
      { error_type: 'unknown_currency', is_resolved: true },
    ])
  })

  it('a second replay changes nothing', async () => {
    const { code, stdout, stderr } = await runner('errors', '--replay')
    expect(code).toBe(0)
    expect(stdout).toContain('nothing: no row changed')
    expect(stderr).not.toContain('re-checked against')
  })

  function edit(name: string, before: string, after: string): void {
    const text = readFileSync(file(name), 'utf8')
    expect(text).toContain(before)
    writeFileSync(file(name), text.replace(before, after))
  }
})
