import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decimal, median, ratio, spread, times, whole } from '../../bench/figures.ts'
import { growthChart } from '../../bench/growth-chart.ts'
import type { Growth } from '../../bench/growth-text.ts'
import { type Manifest, textOf } from '../../bench/peers/dbt.ts'
import { run } from '../../bench/process.ts'
import { writeProject } from '../../bench/project.ts'
import { type Result, render, table } from '../../bench/results.ts'
import { parseProject } from '../../run/parse/parse.ts'
import { loadProject } from '../../run/project/files.ts'

const signal = new AbortController().signal

describe('figures', () => {
  it('take the middle, of an even number the mean of the two', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeNaN()
  })

  it('do not sort what they were given', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  it('show the least and the greatest only where there are several', () => {
    expect(spread([1.234])).toBe('1.23')
    expect(spread([12, 10, 11])).toBe('11.0 (10.0–12.0)')
    expect(spread([])).toBe('–')
  })

  it('have as many digits as one can read', () => {
    expect([0.41234, 7.306, 45.24, 1204.4].map(value => decimal(value))).toEqual(['0.412', '7.31', '45.2', '1,204'])
    expect(whole(1_000_000)).toBe('1,000,000')
    expect(times(ratio([2, 4, 3], [6]))).toBe('0.50 ×')
  })
})

const machine = { cores: '2 × Some', memory: '8 GB', system: 'Linux', node: 'v20.1.0', postgres: '18.4' }
const result: Result = {
  measured: '0.70 ×',
  isMet: true,
  lines: [
    { what: 'load', seconds: [7, 8, 6], against: [10], megabytes: [90, 95, 91] },
    { what: 'floor', seconds: [10] },
  ],
  notes: ['One note.'],
  machine,
  date: '2026-01-05T08:57:30.000Z',
  commit: 'abc1234',
  scale: 1,
  seconds: 90,
}
const goals = { P1: { what: 'load', goal: '≤ 0.75 ×' }, P2: { what: 'build', goal: '≤ 1.5 ×' }, P3: { what: 'delta', goal: '≤ 5 %' } }

describe('the report', () => {
  it('has the goals beside what was measured, and what was not', () => {
    const text = render(goals, { P1: result }, {})
    expect(text).toContain('| P1 | load | ≤ 0.75 × | 0.70 × | reached |')
    expect(text).toContain('| P2 | build | ≤ 1.5 × | not measured yet | – |')
    expect(text).toContain('| load | 7.00 (6.00–8.00) | 0.70 × | 95 |')
    expect(text).toContain('One note.')
    expect(text).toContain('Node 20.1.0, PostgreSQL 18.4')
    expect(text).not.toContain('Missed')
    expect(text).not.toContain('full size')
  })

  it('gives the reason of what is missed, and says so where there is none', () => {
    const missed = { ...result, isMet: false }
    const text = render(goals, { P1: missed, P2: missed, P3: result }, { P1: 'Too much.', P3: 'Not shown.' })
    expect(text).toContain('- **P1**: Too much.\n- **P2**: (not explained yet)')
    expect(text).not.toContain('Not shown.')
  })

  it('says when it is not at full size, and which commits it is of', () => {
    const text = render(goals, { P1: { ...result, scale: 0.04 }, P2: { ...result, commit: 'def5678' } }, {})
    expect(text).toContain('**Not at full size**')
    expect(text).toContain('scale 0.04')
    expect(text).toContain('- Commit abc1234, def5678, 2026-01-05')
  })

  it('escapes what would break a table', () => {
    expect(table(['a'], [['x|y\nz']])).toBe('| a |\n| --- |\n| x\\|y z |')
  })
})

it('the chart of growth holds every series', () => {
  const size = (transactions: number): Growth => ({
    transactions,
    megabytes: transactions / 800,
    loadSeconds: transactions / 30_000,
    buildSeconds: transactions / 20_000,
    peakMegabytes: 120,
    databaseMegabytes: transactions / 300,
    date: '2026-01-05',
    commit: 'abc1234',
  })
  const svg = growthChart([10_000, 100_000, 1_000_000].map(size))
  expect(svg).toMatch(/^<svg/)
  for (const word of ['load', 'build', 'database', 'Node, peak RSS', 'in proportion', '100 k', '1 M']) expect(svg).toContain(`>${word}<`)
  expect(svg).toContain('prefers-color-scheme')
})

describe('a program', () => {
  it('is measured with all processes below it', async () => {
    const child = 'const held = Buffer.alloc(80e6, 1); setTimeout(() => held.length, 400)'
    const parent = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(child)}])`
    const { megabytes, seconds } = await run(process.execPath, ['-e', parent], { signal })
    expect(seconds).toBeGreaterThan(0)
    if (process.platform === 'linux') expect(megabytes).toBeGreaterThan(150)
  })

  it('that fails is an error with what it said', async () => {
    const words = ['-e', 'console.error("because"); process.exit(3)']
    await expect(run(process.execPath, words, { signal })).rejects.toThrow(/ended with 3\nbecause/)
  })

  it('ends with all that it started when it is interrupted', async () => {
    const interrupt = new AbortController()
    const parent = "require('node:child_process').spawnSync(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])"
    const running = run(process.execPath, ['-e', parent], { signal: interrupt.signal })
    setTimeout(() => interrupt.abort(new Error('Interrupted.')), 300)
    await expect(running).rejects.toThrow('Interrupted.')
  })
})

it('the generated project parses', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'many-'))
  try {
    const { tests } = writeProject(folder, 120)
    const project = parseProject(await loadProject(folder, { target: { database: 'x' } }))
    const of = (type: string) => [...project.nodes.values()].filter(node => node.resourceType === type)
    expect(of('model')).toHaveLength(120)
    expect(of('test')).toHaveLength(tests)
    expect(readdirSync(join(folder, 'models'))).toEqual(['layer_0', 'layer_1', 'layer_2'])
    expect(readFileSync(join(folder, 'models/layer_1/model_0055.sql'), 'utf8')).toContain("ref('model_0005')")
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe('the project for dbt', () => {
  const node = (name: string, materialized: string, nodes: string[] = []) => ({
    name,
    resource_type: 'model',
    original_file_path: `models/${name}.sql`,
    compiled_code: `select '{{' as ${name}`,
    depends_on: { nodes },
    config: { materialized, schema: 'core' },
  })
  const manifest: Manifest = {
    nodes: { a: node('a', 'incremental', ['source.raw']), part: node('part', 'ephemeral', ['a']), b: node('b', 'view', ['part', 'a']) },
  }

  it('has the compiled SQL, untouched by Jinja, and what it reads', () => {
    expect(textOf(manifest, 'a', manifest.nodes.a!)).toBe(
      "{{ config(materialized='table', schema='core') }}\n{% raw %}select '{{' as a{% endraw %}\n",
    )
  })

  it('says what a test is worth, as a warning must not fail the build of dbt', () => {
    const config = { materialized: 'test', severity: 'warn' }
    expect(textOf(manifest, 'a', { ...manifest.nodes.a!, resource_type: 'test', config })).toContain("{{ config(severity='warn') }}\n")
  })

  it('leaves out what is a part of others, but not what that reads', () => {
    expect(textOf(manifest, 'part', manifest.nodes.part!)).toBeUndefined()
    expect(textOf(manifest, 'b', manifest.nodes.b!)).toContain("materialized='view'")
    expect(textOf(manifest, 'b', manifest.nodes.b!)?.match(/ref\(/g)).toEqual(['ref('])
  })
})
