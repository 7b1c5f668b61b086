import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/errors.ts'
import { endLine, rowsText, startLine } from '../../run/lines.ts'
import type { Node } from '../../run/node.ts'
import type { NodeResult } from '../../run/record.ts'
import { createReport } from '../../run/report.ts'
import { asJson, asTable } from '../../run/show.ts'
import { summaryOf, tally } from '../../run/summary.ts'

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
    expect(rowsText({ inserted: null, updated: null, deleted: null, unchanged: null })).toBe('')
    expect(rowsText({ inserted: 0, updated: 0, deleted: 0, unchanged: 0 })).toBe('0 rows')
  })
})

describe('summary', () => {
  it('says what changed, what was refused and what to do next', () => {
    const results = [
      result('agents'),
      result('groups', { inserted: 0, updated: 0 }),
      result('unique_x', { status: 'pass', inserted: null }, test),
    ]
    const lines = summaryOf(
      { status: 'published', results, landedIn: 1n, problems: [] },
      1.234,
      [{ table: 'agent_pipeline_errors', errors: 2, warnings: 1 }],
      'target',
    )
    expect(lines.join('\n')).toBe(`
Published in 1.23s: 2 models, 1 test passed.

Changed
  core.agents  1,204 inserted, 1 updated, 7 unchanged
  1 other relation as before

Refused
  agent_pipeline_errors  2 open errors, 1 warning

Next: npx tsx run.ts errors   (what was refused, and why)

Done. PASS=3 WARN=0 ERROR=0 SKIP=0 TOTAL=3`)
  })

  it('of a failure names each test with its reason and compiled SQL', () => {
    const failed = result(
      'no_x',
      { status: 'fail', failures: 2, message: 'Got 2 results, configured to fail if != 0', inserted: null },
      test,
    )
    const text = summaryOf({ status: 'failed', results: [failed], landedIn: null, problems: [] }, 1, [], 'target').join('\n')
    expect(text).toContain('Not published, after 1.00s: 1 error. Readers see what was published before.')
    expect(text).toContain(
      'Failure in test no_x (models/no_x.sql)\n  Got 2 results, configured to fail if != 0\n  compiled code at target/compiled/shop/models/no_x.sql',
    )
    expect(tally([failed])).toBe('Done. PASS=0 WARN=0 ERROR=1 SKIP=0 TOTAL=1')
  })
})

describe('report', () => {
  const printed = (options: Partial<Parameters<typeof createReport>[0]>, use: (report: ReturnType<typeof createReport>) => void) => {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
    use(createReport({ format: 'text', quiet: false, invocationId: 'id', ...streams, ...options }))
    return { out: String(streams.stdout.read() ?? ''), err: String(streams.stderr.read() ?? '') }
  }

  it('keeps results and progress apart, and is quiet when asked', () => {
    const all = (report: ReturnType<typeof createReport>) => {
      report.note('step')
      report.result('row')
      report.close(['end'], {})
      report.fail(new ProjectError('wrong', { hint: 'do this' }))
    }
    const loud = printed({}, all)
    expect(loud.out).toBe('row\nend\n')
    expect(loud.err).toMatch(/^\d\d:\d\d:\d\d {2}step\nwrong[\s\S]*do this/)
    expect(printed({ quiet: true }, all)).toMatchObject({ out: 'row\n', err: expect.stringMatching(/^wrong/) })
  })

  it('prints a bug with its stack, a mistake of the project without', () => {
    expect(printed({}, report => report.fail(new TypeError('oops'))).err).toContain('    at ')
    expect(printed({}, report => report.fail(new ProjectError('oops'))).err).not.toContain('    at ')
  })

  it('as JSON has one object a line', () => {
    const { err } = printed({ format: 'json' }, report => report.ended(result('agents'), 1, 1))
    expect(JSON.parse(err)).toMatchObject({
      info: { name: 'NodeFinished', level: 'info', invocation_id: 'id' },
      data: { unique_id: 'model.shop.agents', rows: { inserted: 1204 } },
    })
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
