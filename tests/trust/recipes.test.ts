import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { putFile } from '../pipeline/feed-folder.ts'
import { copyProject } from './project-copy.ts'

describe('docs/recipes.md, followed to the letter', () => {
  let database: FreshDatabase
  const { file, run: runCopy, remove } = copyProject()

  beforeAll(async () => {
    const budget = { id: 'b1', name: 'Travel', limitlessOverspend: true }
    put(
      'data/sync-day1/budgets/1.json',
      JSON.stringify([
        { ...budget, carryOver: true },
        { ...budget, id: 'b2', carryOver: 'maybe' },
      ]),
    )
    database = await freshDatabase()
    await run('build')
  })
  afterAll(async () => {
    await database.drop()
    remove()
  })

  it('a new field: its column is filled from what landed before, and what is wrong with it is reported', async () => {
    expect(follow('A new field')).toEqual([
      'loaders/entities/budgets.yml',
      'models/core/budgets.sql',
      'migrations/00100-budget-carry-over.sql',
    ])
    await run('build')
    expect(await database.sql`select budget_id, is_carried_over from core.budgets order by 1`).toEqual([
      { budget_id: 'b1', is_carried_over: true },
      { budget_id: 'b2', is_carried_over: null },
    ])
    expect(await database.sql`select error_message from errors.budget_pipeline_errors where field = 'carryOver'`).toEqual([
      { error_message: 'carryOver is "maybe": must be true or false: kept as null' },
    ])
    const [comment] = await database.sql`
      select col_description('core.budgets'::regclass, attnum) as text from pg_attribute
      where attrelid = 'core.budgets'::regclass and attname = 'is_carried_over'`
    expect(comment?.text).toBe('Whether what is left at the end of a period is carried over.')
    await run('errors', '--replay')
    expect(await database.sql`select count(*)::int as old from raw.budgets where declared is null`).toEqual([{ old: 1 }])
  })

  it('a new entity: its records come to core, its errors to their table, its files into the books', async () => {
    follow('A new entity')
    const skill = { id: 7, name: 'Refunds', rank: 1 }
    put('data/sync-day1/skills/1.json', JSON.stringify({ skills: [skill, { ...skill, rank: 2 }, { id: 8, rank: 0 }] }))
    put('data/sync-day2/skills/1.json', JSON.stringify([skill]))
    await run('build')
    expect(await database.sql`select skill_id::int, name, rank, last_seen_on::text, source from core.skills`).toEqual([
      { skill_id: 7, name: 'Refunds', rank: 1, last_seen_on: '2026-01-06', source: 'sync-day2' },
    ])
    expect(await database.sql`select skill_id::int, error_type from errors.skill_pipeline_errors order by 1, 2`).toEqual([
      { skill_id: 7, error_type: 'duplicate_in_batch' },
      { skill_id: 8, error_type: 'invalid_value' },
      { skill_id: 8, error_type: 'missing_value' },
    ])
    expect(await database.sql`select count(*)::int as repeats from raw.skills_repeats`).toEqual([{ repeats: 1 }])
    expect(
      await database.sql`select records, staged::int, quarantined::int, duplicates::int from ops.file_accounting where path like '%skills%' order by path`,
    ).toEqual([
      { records: 3, staged: 1, quarantined: 1, duplicates: 1 },
      { records: 1, staged: 1, quarantined: 0, duplicates: 0 },
    ])
  })

  /** Follows the fences of a section, and gives the files that they name. */
  function follow(title: string): string[] {
    const text = readFileSync(join(projectDir, 'docs/recipes.md'), 'utf8')
    const section = text.split('\n## ').find(section => section.startsWith(`${title}\n`)) ?? ''
    const fences = [...section.matchAll(/```(\w+) (\S+)\n([\s\S]*?)\n```/g)]
    for (const [, kind, name = '', content = ''] of fences) {
      if (kind === 'diff') edit(name, content.split('\n'))
      else put(name, `${content}\n`)
    }
    return fences.map(([, , name = '']) => name)
  }

  function edit(name: string, lines: string[]): void {
    const there = lines.filter(line => line.startsWith(' ')).map(line => `${line.slice(1)}\n`)
    const added = lines.filter(line => line.startsWith('+')).map(line => `${line.slice(1)}\n`)
    const text = readFileSync(file(name), 'utf8')
    expect(text, `${name} no longer has what the recipe says`).toContain(there.join(''))
    writeFileSync(file(name), text.replace(there.join(''), [...there, ...added].join('')))
  }

  function put(name: string, content: string): void {
    putFile(file(''), name, content)
  }

  async function run(...words: string[]): Promise<void> {
    const { code, stdout, stderr } = await runCopy(database.url, ...words)
    expect(code, stdout + stderr).toBe(0)
  }
})
