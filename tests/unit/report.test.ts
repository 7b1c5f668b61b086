import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import { asJson, asTable } from '../../run/database/rows.ts'
import { summaryOf } from '../../run/execute/summary.ts'
import type { Node, Project } from '../../run/manifest/node.ts'
import type { NodeResult } from '../../run/manifest/result.ts'
import { completed, concurrency, finished, found, tally } from '../../run/report/dbt-lines.ts'
import type { Event } from '../../run/report/events.ts'
import { endLine, rowsText, startLine } from '../../run/report/format.ts'
import { logFile } from '../../run/report/log-file.ts'
import { liveView } from '../../run/report/progress.ts'
import { createReport } from '../../run/report/report.ts'
import { printedOn } from '../printed.ts'

const node = (name: string, more: Partial<Node> = {}) =>
  ({
    uniqueId: `model.shop.${name}`,
    name,
    alias: name,
    schema: 'core',
    resourceType: 'model',
    packageName: 'shop',
    path: `models/${name}.sql`,
    place: { file: `models/${name}.sql` },
    config: { materialized: 'incremental' },
    ...more,
  }) as Node
const result = (name: string, more: Partial<NodeResult> = {}, of: Partial<Node> = {}): NodeResult => ({
  node: node(name, of),
  status: 'success',
  startedAt: new Date(0),
  finishedAt: new Date(120),
  message: 'MERGE 3',
  inserted: 1204,
  updated: 1,
  deleted: 0,
  unchanged: 7,
  failures: null,
  compiled: 'select 1',
  ...more,
})
const test = { resourceType: 'test' as const, uniqueId: 'test.shop.t' }

describe('lines', () => {
  it('are those of dbt, padded to 80, with what became of the rows', () => {
    expect(startLine(node('agents'), 1, 12)).toBe('1 of 12 START sql incremental model core.agents ................................ [RUN]')
    expect(endLine(result('agents'), 1, 12).text).toMatch(
      /^1 of 12 OK created sql incremental model core\.agents \.+ \[1,204 inserted, 1 updated, 7 unchanged in 0\.12s\]$/,
    )
    expect(endLine(result('no_x', { status: 'fail', failures: 2 }, test), 3, 3).text).toMatch(
      /^3 of 3 FAIL 2 no_x \.+ \[FAIL 2 in 0\.12s\]$/,
    )
    expect(endLine(result('x', { status: 'skipped' }), 3, 3).text).toMatch(/SKIP relation core\.x \.+ \[SKIP\]$/)
    const narrow = endLine(result('a_name_that_is_too_long_for_it', {}), 3, 3, 70).text
    expect(narrow).toMatch(/^3 of 3 OK .*… +\[1,204 inserted, 1 updated, 7 unchanged in 0\.12s\]$/)
    expect(narrow.length).toBeLessThanOrEqual(70)
    expect(rowsText({ inserted: null, updated: null, deleted: null, unchanged: null })).toBe('')
    expect(rowsText({ inserted: 0, updated: 0, deleted: 0, unchanged: 0 })).toBe('0 rows')
  })
})

const textOf = (parts: Event[]) => parts.map(({ msg }) => msg).join('\n\n')

describe('the live view', () => {
  it('has a bar for each type of node, with what runs and what failed, and lets lines pass above', async () => {
    const stream = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 60,
      cursorTo: () => true,
      moveCursor: () => true,
      clearLine: () => true,
      clearScreenDown: () => true,
    })
    const live = liveView([node('a'), node('b'), node('t', test)], stream)
    live.began(node('a'), 'sql table model public.a')
    live.line('a line')
    live.ended(node('t', test), true)
    await new Promise(resolve => setTimeout(resolve, 300))
    live.line('the last line')
    live.stop()
    const text = printedOn(stream)
    expect(text).toContain('a line\u001b[K\n')
    expect(text).toContain('the last line\u001b[K\n')
    expect(text).toMatch(/models {5}░+ 0\/2 {2}sql table…/)
    expect(text).toMatch(/data tests █+ 1\/1 {2}1 failed/)
  })
})

describe('summary', () => {
  it('says what changed, what was refused and what to do next', () => {
    const results = [
      result('agents'),
      result('groups', { inserted: 0, updated: 0 }),
      result('unique_x', { status: 'pass', inserted: null }, test),
    ]
    const parts = summaryOf(
      { status: 'published', results, landedIn: 1n, problems: [] },
      1.234,
      { refused: [{ table: 'agent_pipeline_errors', errors: 2, warnings: 1 }] },
      'target',
    )
    expect(textOf(parts)).toBe(`Finished running 2 incremental models, 1 data test in 0 hours 0 minutes and 1.23 seconds (1.23s).

Completed successfully. Published: readers see the new version.

Changed
  core.agents  1,204 inserted, 1 updated, 7 unchanged
  1 other relation unchanged

Refused
  agent_pipeline_errors  2 open errors, 1 warning

Next: npx tsx run.ts errors   (what was refused, and why)

Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=3`)
  })

  it('of a failure names each test with its reason and compiled SQL', () => {
    const failed = result(
      'no_x',
      { status: 'fail', failures: 2, message: 'Got 2 results, configured to fail if != 0', inserted: null },
      test,
    )
    const text = textOf(summaryOf({ status: 'failed', results: [failed], landedIn: null, problems: [] }, 1, { refused: [] }, 'target'))
    expect(text).toContain(
      'Completed with 1 error, 0 partial successes, and 0 warnings. Not published: readers see what was published before.',
    )
    expect(text).toContain(
      'Failure in test no_x (models/no_x.sql)\n  Got 2 results, configured to fail if != 0\n  compiled code at target/compiled/shop/models/no_x.sql',
    )
    expect(tally([failed]).msg).toBe('Done. PASS=0 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=1')
  })
})

it('of an error has a line, as it was told in full before; errors come first', () => {
  const wrong = (name: string, line: number) =>
    result(name, {
      status: 'error',
      message: `no ${name}\n  and more`,
      error: new ProjectError(`no ${name}`, { place: { file: 'models/m.sql', line } }),
    })
  const results = [result('w', { status: 'warn', message: 'Got 1', compiled: null }, test), wrong('a', 3), wrong('b', 4)]
  const text = summaryOf({ status: 'failed', results, landedIn: null, problems: [] }, 1, { refused: [] }, 'target')
  const { stdout, stderr } = { stdout: new PassThrough(), stderr: new PassThrough() }
  createReport({ format: 'text', quiet: false, invocationId: 'id', stdout, stderr }).close(text)
  expect(printedOn(stdout)).toContain(`
Error in model a (models/m.sql:3): no a
Error in model b (models/m.sql:4): no b

Warning in test w (models/w.sql)
  Got 1

Next: correct what is shown above and run it again.
`)
})

describe("dbt's frame", () => {
  const project = {
    name: 'shop',
    nodes: new Map([...'ab'].map(name => [name, node(name)])),
    sources: new Map(),
    unitTests: new Map(),
    reports: new Map(),
    analyses: new Map(),
    exposures: new Map(),
    macros: new Map([['m', { packageName: 'shop' }]]),
    onRunStart: [{}],
    onRunEnd: [],
    target: { name: 'dev' },
  } as unknown as Project

  it('says what is there, and how it is run', () => {
    expect(found(project).msg).toBe('Found 2 models, 1 project hook, 1 macro')
    expect(concurrency(project, [])).toMatchObject({
      msg: "Concurrency: 1 threads (target='dev')",
      data: { num_threads: 1, target_name: 'dev' },
    })
  })

  it('says what ran, how long, and how it went', () => {
    const results = [result('a'), result('b', { status: 'pass', isReused: true }, test), result('c', { status: 'warn' }, test)]
    expect(finished(results, 3725.5).msg).toBe(
      'Finished running 1 incremental model, 2 data tests in 1 hours 2 minutes and 5.50 seconds (3725.50s).',
    )
    expect(completed(results.slice(0, 2)).msg).toBe('Completed successfully')
    expect(completed(results).msg).toBe('Completed with 1 warning')
    expect(completed([...results, result('d', { status: 'error' })]).msg).toBe('Completed with 1 error, 0 partial successes, and 1 warning')
    expect(tally(results)).toMatchObject({ data: { stats: { pass: 1, warn: 1, reused: 1, total: 3 } } })
  })
})

describe('report', () => {
  const printed = (options: Partial<Parameters<typeof createReport>[0]>, use: (report: ReturnType<typeof createReport>) => void) => {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
    use(createReport({ format: 'text', quiet: false, invocationId: 'id', ...streams, ...options }))
    return { out: printedOn(streams.stdout), err: printedOn(streams.stderr) }
  }

  it('keeps results and progress apart, and is quiet when asked', () => {
    const all = (report: ReturnType<typeof createReport>) => {
      report.note('step')
      report.result('row')
      report.close([{ name: 'Summary', msg: 'end' }])
      report.fail(new ProjectError('wrong', { hint: 'do this' }))
    }
    const loud = printed({}, all)
    expect(loud.out).toBe('row\n\nend\n')
    expect(loud.err).toMatch(/^\d\d:\d\d:\d\d {2}step\n\nwrong[\s\S]*do this/)
    expect(printed({ quiet: true }, all)).toMatchObject({ out: 'row\n', err: expect.stringMatching(/^\nwrong/) })
  })

  it('prints a bug with its stack, a mistake of the project without', () => {
    expect(printed({}, report => report.fail(new TypeError('oops'))).err).toContain('    at ')
    expect(printed({}, report => report.fail(new ProjectError('oops'))).err).not.toContain('    at ')
  })

  it('as JSON has one object a line, with info and data as readers of the log of dbt know them', () => {
    const { err, out } = printed({ format: 'json' }, report => {
      report.began({ node: node('agents') }, 1, 2)
      report.ended(result('agents'), 1, 2)
      report.ended(
        result('no_x', { status: 'fail', failures: 2 }, { ...test, test: { arguments: {}, attachedTo: 'model.shop.agents' } }),
        2,
        2,
      )
      report.close([tally([result('agents')])])
    })
    const [start, end, failed] = err
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(Object.keys(start.info)).toEqual(['category', 'code', 'extra', 'invocation_id', 'level', 'msg', 'name', 'pid', 'thread', 'ts'])
    expect(start).toMatchObject({
      info: { name: 'LogStartLine', code: 'Q011', level: 'info', invocation_id: 'id', ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
      data: {
        index: 1,
        total: 2,
        description: 'sql incremental model core.agents',
        node_info: {
          materialized: 'incremental',
          node_name: 'agents',
          node_path: 'agents.sql',
          node_relation: { alias: 'agents', schema: 'core' },
          node_status: 'started',
          node_finished_at: '',
          resource_type: 'model',
          unique_id: 'model.shop.agents',
        },
      },
    })
    expect(end).toMatchObject({
      info: { name: 'LogModelResult', code: 'Q012', level: 'info' },
      data: { execution_time: 0.12, status: 'MERGE 3', node_info: { node_status: 'success' }, rows: { inserted: 1204 } },
    })
    expect(failed).toMatchObject({
      info: { name: 'LogTestResult', code: 'Q007', level: 'error' },
      data: { name: 'no_x', num_failures: 2, num_models: 2, status: 'fail', attached_node: 'model.shop.agents' },
    })
    expect(JSON.parse(out)).toMatchObject({ info: { name: 'StatsLine', code: 'Z023' }, data: { stats: { pass: 1, total: 1 } } })
  })

  it('tells more with --log-level debug, and less with warn', () => {
    const use = (report: ReturnType<typeof createReport>) => report.ended(result('agents'), 1, 1)
    expect(printed({ level: 'debug' }, use).err).toContain('Finished running node model.shop.agents')
    expect(printed({ level: 'warn' }, use).err).toBe('')
  })

  it('tells what is to be told once a single time, however often a command begins', () => {
    const { err } = printed({}, report => {
      for (const _ of [1, 2]) report.event({ name: 'MainReportVersion', msg: 'Running' }, true)
    })
    expect(err.match(/Running/g)).toHaveLength(1)
  })
})

describe('dbt.log', () => {
  it('has everything, also what is not told, and what came before its folder was known; it is bounded', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'deskledger-log-'))
    const log = logFile('id', { limit: 400 })
    log.write('debug', 'early')
    log.open(folder)
    log.write('info', '\u001b[32mgreen\u001b[0m')
    const first = await readFile(path.join(folder, 'dbt.log'), 'utf8')
    expect(first).toMatch(/^\n\n={30} \d\d:\d\d:\d\d\.\d{6} \| id ={30}\n\d\d:\d\d:\d\d\.\d{6} \[debug\] \[MainThread\]: early\n/)
    expect(first).toMatch(/\[info \] \[MainThread\]: green\n$/)
    for (let i = 0; i < 50; i++) log.write('info', `line ${i} ${'x'.repeat(60)}`)
    expect((await readdir(folder)).sort()).toEqual(['dbt.log', 'dbt.log.1', 'dbt.log.2', 'dbt.log.3', 'dbt.log.4', 'dbt.log.5'])
    for (const name of await readdir(folder)) expect((await readFile(path.join(folder, name))).length).toBeLessThanOrEqual(400)
    await rm(folder, { recursive: true })
  })

  it('that cannot be written is no reason to fail', () => {
    const log = logFile('id')
    log.open('/dev/null/logs')
    expect(() => log.write('info', 'x')).not.toThrow()
  })
})

describe('rows', () => {
  const shown = {
    columns: ['id', 'j'],
    rows: [
      [
        { value: '12345678901234567890', isJson: false },
        { value: '{"a": 1.10}', isJson: true },
      ],
      [
        { value: null, isJson: false },
        { value: null, isJson: false },
      ],
    ],
  }

  it('as JSON keep every digit', () => {
    expect(asJson(shown)).toBe('[\n  {"id": "12345678901234567890", "j": {"a": 1.10}},\n  {"id": null, "j": null}\n]')
    expect(asJson({ columns: ['a'], rows: [] })).toBe('[]')
  })

  it('as a table hold nothing that a terminal obeys', () => {
    const text = asTable({ columns: ['a'], rows: [[{ value: 'x\u001b[2Jy\nz', isJson: false }]] })
    expect(text).toBe('| a        |\n| -------- |\n| x�[2Jy⏎z |')
  })
})
