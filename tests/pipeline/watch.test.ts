import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildCommand } from '../../run/commands/build.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from './database.ts'
import { type Fixture, fixture } from './fixture.ts'

let database: FreshDatabase
let project: Fixture
let child: ChildProcess
let output = ''
let ended: Promise<number | null>

const people = (name: string) => `{{ config(materialized='table') }}\nselect i as id, ${name} as name\nfrom generate_series(1, 3) as i`

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture()
})
afterAll(async () => {
  await database.drop()
  await project.remove()
})
beforeEach(async () => {
  await project.write({
    'models/people.sql': people("'p' || i"),
    'models/names.sql': "select upper(name) as name from {{ ref('people') }}",
    'tests/nobody_is_x.sql': "select * from {{ ref('names') }} where name = 'X'",
  })
  const built = await perform(command => buildCommand(command, { types: ['model', 'test'], loads: false }), {
    url: database.url,
    dir: project.dir,
    name: 'build',
  })
  expect(built.code).toBe(0)
})
afterEach(() => void child.kill('SIGKILL'))

describe('watch', () => {
  it('shows what an edit makes, what it breaks and where, and publishes nothing', async () => {
    begin(process.execPath, ['--import', 'tsx', path.join(projectDir, 'run.ts'), 'watch', '--project-dir', project.dir])
    await until('Watching')
    await project.write({ 'models/people.sql': people("'q' || i") })
    await until('1 test passed')
    expect(output).toMatch(/public\.people {2}3 inserted, 3 deleted/)
    expect(output).toContain('| 1  | q1   |')
    expect(output).not.toContain('| Q1')

    // Like an editor that writes a new file and renames it.
    await replace('models/people.sql', people("case i when 2 then 'x' else 'p' end"))
    await until('1 test FAILED')
    expect(output).toMatch(/FAIL nobody_is_x: Got 1 result/)
    expect(output).toMatch(/\| X +\|/)

    await replace('models/people.sql', people('no_such_column'))
    await until('1 error')
    expect(output).toMatch(/models\/people\.sql:2:17: column "no_such_column" does not exist/)
    expect(output).toMatch(/ +\| +\^/)
    // The skipped nodes, by their cause.
    expect(output).toMatch(/Skipped: people failed: \w+/)

    await replace('models/people.sql', "select * from {{ ref('poeple') }}")
    await until('poeple')
    await replace('models/people.sql', people("'z' || i"))
    await until('| 1  | z1   |')
    expect([...(await database.sql`select name from people order by 1`)].map(({ name }) => name)).toEqual(['p1', 'p2', 'p3'])

    child.kill('SIGINT')
    expect(await ended).toBe(2)
  })

  it('shows the figures of a report that is saved, and where it is wrong', async () => {
    const report = (column: string) =>
      `---\nreport: Names\n---\n\`\`\`sql name=all_names title="All of them"\nselect ${column} as who from {{ ref('names') }}\n\`\`\`\n`
    begin(process.execPath, ['--import', 'tsx', path.join(projectDir, 'run.ts'), 'watch', '--project-dir', project.dir])
    await until('Watching')
    await project.write({ 'models/reports/names.md': report('name') })
    await until('1 report run')
    expect(output).toMatch(/All of them \(all_names\)\n\| who \|\n\| --- \|\n\| P1 +\|/)

    await replace('models/reports/names.md', report('nmae'))
    await until('1 error')
    expect(output).toMatch(/models\/reports\/names\.md:5:8: column "nmae" does not exist/)
    child.kill('SIGINT')
    expect(await ended).toBe(2)
    await project.write({ 'models/reports/names.md': null })
  })

  it('serves a page that draws a report again when it is saved', async () => {
    const report = (title: string, column: string) =>
      `---\nreport: ${title}\n---\n\`\`\`sql name=all_names\nselect ${column} as who from {{ ref('names') }}\n\`\`\`\n`
    await project.write({ 'models/reports/names.md': report('Names', 'name') })
    begin(process.execPath, ['--import', 'tsx', path.join(projectDir, 'run.ts'), 'watch', '--project-dir', project.dir, '--port', '0'])
    await until('Watching')
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)![0]
    const shown = async () => {
      const html = await (await fetch(url)).text()
      const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!)
      return { html, report: data.reports[0] }
    }
    const first = await shown()
    expect(first.report).toMatchObject({ title: 'Names', published: null, blocks: [{ name: 'all_names', rows: [] }] })
    // The page may run only this script.
    const script = /<script>(new EventSource.*?)<\/script>/.exec(first.html)![1]!
    expect(first.html).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`)

    const changes = (await fetch(`${url}changes`)).body!.getReader()
    await changes.read()
    await replace('models/reports/names.md', report('All names', "'<b>' || name"))
    await changes.read()
    expect((await shown()).report).toMatchObject({
      title: 'All names',
      published: null,
      blocks: [{ rows: [['<b>P1'], ['<b>P2'], ['<b>P3']], columns: [{ sources: [{ node: 'model.shop.names', column: 'name' }] }] }],
    })
    await changes.cancel()
    child.kill('SIGINT')
    expect(await ended).toBe(2)
    await project.write({ 'models/reports/names.md': null })
  })

  it('a save stops the round that is under way', async () => {
    begin(process.execPath, ['--import', 'tsx', path.join(projectDir, 'run.ts'), 'watch', '--project-dir', project.dir])
    await until('Watching')
    await project.write({ 'models/people.sql': people("pg_sleep(100)::text || 'p' || i") })
    await until('Saved models/people.sql')
    await untilQuery('pg_sleep')
    await project.write({ 'models/people.sql': people("'r' || i") })
    await until('| 1  | r1   |')
    child.kill('SIGINT')
    expect(await ended).toBe(2)
  })

  it.skipIf(spawnSync('script', ['--version']).status !== 0)('on a terminal p publishes and q quits', async () => {
    const command = [process.execPath, '--import', 'tsx', path.join(projectDir, 'run.ts'), 'watch', '--project-dir', project.dir]
    begin('script', ['-qfec', command.map(word => `'${word}'`).join(' '), '/dev/null'])
    await until('p publishes')
    await project.write({ 'models/people.sql': people("'s' || i") })
    await until('1 test passed')
    child.stdin!.write('p')
    await until('Done. PASS=3')
    expect([...(await database.sql`select name from people order by 1`)].map(({ name }) => name)).toEqual(['s1', 's2', 's3'])
    child.stdin!.write('q')
    expect(await ended).toBe(0)
  })
})

function begin(command: string, args: string[]): void {
  output = ''
  child = spawn(command, args, { cwd: projectDir, env: { ...process.env, DATABASE_URL: database.url, NO_COLOR: '1' } })
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', chunk => {
      output += chunk
    })
  ended = new Promise(resolve => child.on('close', code => resolve(code)))
}

async function until(text: string): Promise<void> {
  for (let tries = 0; !output.includes(text); tries++) {
    if (tries > 2_000) throw new Error(`'${text}' is not in ${output}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function untilQuery(text: string): Promise<void> {
  for (;;) {
    const [row] =
      await database.sql`select from pg_stat_activity where query like ${`%create temporary%${text}%`} and pid != pg_backend_pid()`
    if (row) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function replace(file: string, text: string): Promise<void> {
  const target = path.join(project.dir, file)
  await writeFile(`${target}.new`, text)
  await rename(`${target}.new`, target)
}
