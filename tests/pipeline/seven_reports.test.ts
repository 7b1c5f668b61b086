import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docsData } from '../../run/docs/data.ts'
import type { Built } from '../../run/execute/plan.ts'
import type { Cell } from '../../run/manifest/figure.ts'
import type { Project } from '../../run/manifest/node.ts'
import { runFigures } from '../../run/reports/run-figures.ts'
import { projectDir } from './database.ts'
import { readSeeds } from './rules/seeds.ts'
import { projectWith, type Warehouse } from './warehouse.ts'

let project: Awaited<ReturnType<typeof projectWith>>
const opened: Warehouse[] = []

beforeAll(async () => {
  project = await projectWith(readSeeds(join(projectDir, 'seeds'), join(projectDir, 'data')))
})
afterAll(async () => {
  for (const warehouse of opened) await warehouse.drop()
  await project.remove()
})

/** Builds a warehouse of the sample's files of some entities. */
async function built(entities: RegExp | null): Promise<BuiltOn> {
  const warehouse = await project.warehouse()
  opened.push(warehouse)
  const data = mkdtempSync(join(tmpdir(), 'feed-'))
  const isOf = (path: string) => path.split('/').length < 2 || entities?.test(path.split('/')[1]!)
  if (entities) {
    const from = join(projectDir, 'data')
    cpSync(from, data, { recursive: true, filter: source => source === from || Boolean(isOf(source.slice(from.length + 1))) })
    await warehouse.load(data)
  }
  rmSync(data, { recursive: true })
  const done = await warehouse.build({ freezing: { keep: 1, through: async () => null } })
  return { warehouse, parsed: done.project, figures: figuresIn(done) }
}

interface BuiltOn {
  warehouse: Warehouse
  parsed: Project
  figures: Figures
}

type Figures = Record<string, Cell[][]>

function figuresIn({ results }: Built): Figures {
  const all = results.flatMap(({ node, status, message, figures = [] }) => {
    if (node.resourceType === 'report') expect(status, `${node.name}: ${message}`).toBe('success')
    return figures.map(({ figure, result }) => [`${node.name}.${figure.name}`, result!.rows] as const)
  })
  return Object.fromEntries(all)
}

const names = ({ figures }: { figures: Figures }, isEmpty: boolean) =>
  Object.entries(figures)
    .filter(([, rows]) => (rows.length === 0) === isEmpty)
    .map(([name]) => name)

describe('on the sample', () => {
  let sample: BuiltOn

  beforeAll(async () => {
    sample = await built(/./)
  })

  it('each figure answers, but for the one that has no reason to', () => {
    expect(Object.keys(sample.figures).length).toBe(33)
    expect(names(sample, true)).toEqual(['to_do.perhaps_twice'])
  })

  // The answers of docs/questions.md.
  it('with the numbers that the tables have', () => {
    const { figures } = sample
    expect(figures['people.now']).toEqual([['42', '6', '2', '2', '1']])
    expect(figures['people.changes']).toEqual([
      ['2026-01-06', '2', '0', '-3'],
      ['2026-01-07', '2', '2', '-1'],
    ])
    expect(figures['people.groups']?.map(([, parent, name, active]) => [parent === null, name, active])).toContainEqual([
      true,
      'Onboarding (in a circle with other groups)',
      '9',
    ])
    expect(figures['people.groups']?.length).toBe(12)
    expect(figures['access.conflicts']).toEqual([
      ['Gerardo Wolfarth', 'Agent', 'Refund Approver', 'answers customers and approves their refunds'],
    ])
    expect(figures['access.inactive']?.[1]).toEqual(['Burdette Koelpin', 'Agent', '2026-01-05', 'no longer active, no longer listed'])
    expect(figures['budget_use.now']).toEqual([['10', '2', '0', '1']])
    expect(figures['card_use.of_inactive']?.length).toBe(6)
    expect(figures['to_do.now']).toEqual([['51', '3197.60', '7', '0']])
    expect(figures['to_do.receipts_by_person']?.[0]).toEqual(['Mittie Kahl', '3', '366.41', 61])
    expect(figures['data_quality.held_back']).toEqual([
      ['2026-01-07', 'roles'],
      ['2026-01-06', 'admin groups'],
      ['2026-01-06', 'cards'],
    ])
  })

  it('in the words of a reader: every code has some', async () => {
    const codes = await sample.warehouse.sql.unsafe(`
      select 'error' as kind, error_type as code from marts.open_errors
      union select 'movement', movement from marts.agent_movements
      union select 'budget', status from marts.budget_utilisation
      union select 'access', unnest(string_to_array(reasons, ', ')) from marts.access_review
      union select 'card', unnest(string_to_array(reasons, ', ')) from marts.card_review
      except select kind, code from staging.plain_words`)
    expect([...codes]).toEqual([])
  })

  it('what was paid twice is found by card, merchant, amount and day', async () => {
    const { parsed } = sample
    const sql = await sample.warehouse.sql.reserve()
    await sql`begin`
    const [columns] = await sql.unsafe(`
      select string_agg(attname, ', ') as others from pg_attribute
      where attrelid = 'core.transactions'::regclass and attnum > 0 and not attisdropped and attname not in ('transaction_id', 'merchant_name', 'spent_on')`)
    // Once more on its day, and twice on the next.
    await sql.unsafe(`
      insert into core.transactions (transaction_id, merchant_name, spent_on, ${columns!.others})
      select transaction_id || copies.suffix, lower(merchant_name), spent_on + copies.days, ${columns!.others}
      from (
        select * from core.transactions
        where spend_kind = 'settled' and card_id is not null and merchant_name is not null order by transaction_id limit 1
      ) as one
      cross join (values ('again', 0), ('next', 1), ('nextagain', 1)) as copies (suffix, days)`)
    const report = parsed.reports.get('report.deskledger.to_do')!
    const outcomes = await runFigures(sql, parsed, report, {})
    await sql`rollback`
    sql.release()
    const rows = (name: string) => outcomes.find(({ figure }) => figure.name === name)?.result?.rows
    expect(rows('now')?.[0]?.[3]).toBe('2')
    const twice = [expect.any(String), expect.any(String), expect.any(String), expect.any(String), expect.any(String), '2']
    expect(rows('perhaps_twice')).toEqual([twice, twice])
  })

  it('with the way of every column to what it is made of, and contacts masked', async () => {
    const sql = await sample.warehouse.sql.reserve()
    const data = await docsData(sql, { project: sample.parsed, errors: [], command: 'docs', targetPath: project.dir, isCompiled: true })
    sql.release()
    expect(data.reports.map(({ title }) => title).sort()).toEqual([
      'Access',
      'Budgets',
      'Cards',
      'Data quality',
      'People',
      'Spend',
      'To do',
    ])
    const figures = data.reports.flatMap(({ blocks }) => blocks.filter(block => block.kind === 'figure'))
    expect(figures.filter(({ problem }) => problem !== null)).toEqual([])
    const columns = figures.flatMap(figure => figure.columns.map((column, i) => ({ ...column, values: figure.rows.map(row => row[i]) })))
    expect(columns.filter(({ sources }) => sources.length === 0)).toEqual([])
    const personal = columns.filter(({ isPersonal }) => isPersonal)
    expect(personal.map(({ name }) => name)).toEqual(['last_four', 'last_four'])
    expect(new Set(personal.flatMap(({ values }) => values))).toEqual(new Set(['•••']))
    expect(columns.flatMap(({ values }) => values).filter(value => /@/.test(String(value)))).toEqual([])
  })
})

it('of a help desk alone the figures about spend are empty, and say so', async () => {
  const helpDesk = await built(/^(agents|agent_|admin_groups|roles|_)/)
  expect(names(helpDesk, true).map(name => name.split('.')[0])).toEqual(
    expect.arrayContaining(['budget_use', 'card_use', 'spending', 'to_do']),
  )
  expect(names(helpDesk, false).map(name => name.split('.')[0])).toEqual(expect.arrayContaining(['access', 'data_quality', 'people']))
  expect(names(helpDesk, false).filter(name => /^(budget_use|card_use|spending|to_do)\./.test(name))).toEqual([])
})

it('of spend alone the figures about people are empty, and say so', async () => {
  const spend = await built(/^(users|budgets|cards|transactions|_)/)
  expect(names(spend, false).filter(name => /^(people|access)\./.test(name))).toEqual([])
  expect(names(spend, true)).not.toContain('spending.by_month')
  expect(spend.figures['spending.by_agent']?.map(([agent]) => agent)).toEqual(['No agent is known'])
})

it('of an empty warehouse every figure is empty, with words of its own for that', async () => {
  // The users matched by hand in the sample do not exist here, which would be reported.
  await project.write({ user_agent_overrides: [] })
  const empty = await built(null)
  expect(names(empty, false)).toEqual([])
  const figures = [...empty.parsed.reports.values()].flatMap(({ blocks }) => blocks.filter(block => block.kind === 'figure'))
  expect(figures.filter(({ empty: text }) => text === 'There is nothing to show.').map(({ name }) => basename(name))).toEqual([])
})
