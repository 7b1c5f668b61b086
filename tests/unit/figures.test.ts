import { describe, expect, it } from 'vitest'
import { changesMarkdown, text } from '../../run/docs/changes-markdown.ts'
import type { Changes } from '../../run/docs/changes-shape.ts'
import { branchesOf } from '../../run/docs/page/figures/branches.ts'
import { cell } from '../../run/docs/page/figures/cell.ts'
import { drawingOf } from '../../run/docs/page/figures/drawing.ts'
import { labelled, stacked, visibleLabels } from '../../run/docs/page/figures/placing.ts'
import { knownOf } from '../../run/docs/page/known.ts'
import type { DocsQuality } from '../../run/docs/quality-shape.ts'
import type { DocsNote } from '../../run/docs/shape.ts'
import type { FigureColumn, ReportFigure } from '../../run/reports/shape.ts'

const column = (name: string, format: FigureColumn['format'] = 'text'): FigureColumn => ({
  name,
  label: name,
  format,
  unit: null,
  sources: [],
  isPersonal: false,
})

describe('a value of a figure', () => {
  it('is written as its column says', () => {
    const written = ([value, format]: [string | number | boolean | null, FigureColumn['format']]) => cell(value, { format })
    expect(
      (
        [
          ['1234567.5', 'money'],
          ['-3', 'money'],
          ['0.125', 'percent'],
          ['12345678901234567890', 'integer'],
          ['2026-01-05', 'date'],
          ['2026-01-01', 'month'],
          ['2026-01-05T13:04:09Z', 'instant'],
          [true, 'boolean'],
          [null, 'money'],
          ['12', 'text'],
          ['NaN', 'decimal'],
        ] as [string, FigureColumn['format']][]
      ).map(written),
    ).toEqual([
      '1,234,567.50',
      '−3.00',
      '12.5 %',
      '12,345,678,901,234,567,890',
      '5 Jan 2026',
      'Jan 2026',
      '5 Jan 2026, 13:04',
      'yes',
      '–',
      '12',
      'NaN',
    ])
  })
})

describe('a tree', () => {
  it('holds each row once, also those in a circle and those below it', () => {
    const rows = [
      ['1', null],
      ['2', '1'],
      ['3', '4'],
      ['4', '3'],
      ['5', '4'],
      ['6', 'gone'],
    ]
    expect(branchesOf(rows, 0, 1).map(({ row, depth, isInCircle }) => `${row[0]} ${depth}${isInCircle ? ' circle' : ''}`)).toEqual([
      '1 0',
      '2 1',
      '6 0',
      '3 0 circle',
      '4 1 circle',
      '5 2',
    ])
  })
})

describe('a chart', () => {
  it('has a series for each measure or value, and a place for each label', () => {
    const figure = { display: 'bar', x: 'month', y: ['usd'], series: 'budget' } as unknown as ReportFigure
    const drawing = drawingOf({
      ...figure,
      columns: [column('month', 'month'), column('budget'), column('usd', 'money')],
      rows: [
        ['2026-01-01', 'Travel', '2.50'],
        ['2026-02-01', 'Travel', '1'],
        ['2026-02-01', null, '4'],
      ],
    })!
    expect(drawing.labels).toEqual(['2026-01-01', '2026-02-01'])
    expect(drawing.series.map(({ name, values }) => [name, values])).toEqual([
      ['Travel', [2.5, 1]],
      ['none', [null, 4]],
    ])
  })

  it('adds up what is small where there are many stacked series, and leaves lines as they are', () => {
    const rows = Array.from({ length: 12 }, (_, at) => ['2026-01-01', `b${at}`, 12 - at])
    const figure = { x: 'day', y: ['n'], series: 'name', columns: [column('day', 'date'), column('name'), column('n', 'integer')], rows }
    expect(drawingOf({ ...figure, display: 'bar' } as unknown as ReportFigure)!.series.map(one => one.name)).toEqual([
      'b0',
      'b1',
      'b2',
      'b3',
      'b4',
      'b5',
      'other (6)',
    ])
    expect(drawingOf({ ...figure, display: 'line' } as unknown as ReportFigure)!.series).toHaveLength(12)
  })

  it('stacks upwards what is above zero and downwards what is below', () => {
    const series = (values: (number | null)[]) => ({ name: '', color: '', values })
    expect(stacked([series([2, null]), series([-3, 1]), series([1, -1])], 2)).toEqual([
      [
        [0, 2],
        [0, 0],
      ],
      [
        [-3, 0],
        [0, 1],
      ],
      [
        [2, 3],
        [-1, 0],
      ],
    ])
  })

  it('moves labels apart, within their room', () => {
    expect(labelled([50, 52, 90], 10, [0, 100])).toEqual([50, 60, 90])
    expect(labelled([95, 96, 97], 10, [0, 100])).toEqual([80, 90, 100])
    expect(labelled([1, 2], 10, [5, 100])).toEqual([5, 15])
    expect(visibleLabels(365, 2.5, 70)[1]).toBe(28)
    expect(visibleLabels(3, 200, 70)).toEqual([0, 1, 2])
  })
})

describe('what a reader must know', () => {
  const note = (kind: DocsNote['kind'], day: string | null, entity: string | null): DocsNote => ({
    kind,
    day,
    entity,
    message: '',
    hint: '',
  })

  it('is one part of a sentence for each kind', () => {
    const notes = [
      note('incomplete', '2026-01-06', 'admin_groups'),
      note('incomplete', '2026-01-06', 'cards'),
      note('missing', '2026-01-07', 'roles'),
    ]
    expect(knownOf({ feed: { through: null, notes }, quality: { refusedFileCount: 1 } as DocsQuality })).toEqual([
      '1 file of the feed was refused',
      'roles of 7 Jan 2026 are missing, so the earlier data are kept',
      'the lists of admin groups and cards of 6 Jan 2026 are incomplete, so records missing from them are not treated as removed',
    ])
    expect(knownOf({ feed: { through: '2026-01-07', notes: [] }, quality: null })).toEqual([])
  })
})

describe('the summary of a change', () => {
  const changes: Changes = {
    title: 'What this change would do to shop',
    command: 'plan',
    at: '2026-01-07T10:00:00.000Z',
    isPublished: true,
    problems: [],
    feed: { notes: [], landed: ['sync-day3/agents  1 file with 2 records'] },
    tables: Array.from({ length: 30 }, (_, at) => ({
      id: `model.shop.t${at}`,
      name: `core.t${at}`,
      state: 'changed' as const,
      message: null,
      rows: { before: 3, after: 5, added: 2, changed: 1, removed: 0 },
      columns: { added: ['a|b text'], removed: [], retyped: [], changed: [{ name: 'email', rows: 1 }] },
      examples: [],
    })),
    same: 1,
    tests: { passed: 3, failing: [{ name: 'unique_a', status: 'warn', failures: 1, message: 'Got <img src=x> @all' }] },
    errors: { new: [{ table: 'errors.a', errorType: 'invalid_key', severity: 'error', count: 2 }], resolved: [] },
    moved: { columns: [], reports: [{ title: 'People *now*', figures: ['[Headcount](http://x)'] }], exposures: [] },
  }

  it('is short, and shows what comes from the feed as text', () => {
    const found = changesMarkdown(changes)
    expect(found).toContain('A build would be published. It changes 30 tables.')
    expect(found).toContain('| `core.t0` | 3 → 5 | 2 | 1 |  | + a\\|b text; `email` 1 |')
    expect(found).toContain('and 10 more tables')
    expect(found).toContain('1 table as before.')
    expect(found).toContain('Got &lt;img src=x&gt; &#64;all')
    expect(found).toContain('report People \\*now\\*: \\[Headcount\\]\\(http:&#47;&#47;x\\)')
    expect(found).not.toMatch(/<img|@all/)
  })

  it('says that it would fail', () => {
    expect(changesMarkdown({ ...changes, isPublished: false, problems: ['a | b'] })).toContain(
      '**A build would fail, and publish nothing.**\n- ✗ a \\| b',
    )
    expect(text('a\n# b `c` <d>')).toBe('a \\# b \\`c\\` &lt;d&gt;')
  })
})
