import type { FigureColumn, Report, ReportFigure } from '../../run/reports/shape.ts'
import { HOSTILE } from './hostile.ts'

/** A figure of each kind, with hostile texts wherever one is possible, and a year of days. */
export function hostileReport(random: () => number): Report {
  const column = (name: string, format: FigureColumn['format'], unit: string | null = null): FigureColumn => ({
    name,
    label: name === 'label' ? HOSTILE : name,
    format,
    unit,
    sources: [{ node: 'model.synthetic.visits_801', column: 'email' }],
    isPersonal: false,
  })
  const figure = (name: string, display: ReportFigure['display'], rest: Partial<ReportFigure>): ReportFigure => ({
    kind: 'figure',
    name,
    title: `${name} ${HOSTILE}`,
    display,
    x: null,
    y: [],
    series: null,
    id: null,
    parent: null,
    columns: [],
    rows: [],
    empty: HOSTILE,
    problem: null,
    published: null,
    compiledSql: HOSTILE,
    ...rest,
  })
  const days = Array.from({ length: 365 }, (_, at) => new Date(Date.UTC(2025, 2, 1 + at)).toISOString().slice(0, 10))
  const course = {
    x: 'day',
    y: ['n'],
    columns: [column('day', 'date'), column('n', 'integer', 'people')],
    rows: days.map(day => [day, Math.round(random() * 50)]),
  }
  return {
    uniqueId: 'report.synthetic.people',
    name: 'people',
    title: 'People',
    description: HOSTILE,
    file: 'models/reports/people.md',
    published: { runId: 'run11', at: '2026-03-01T10:00:00Z' },
    dataThrough: '2026-03-01',
    dependsOn: ['model.synthetic.visits_801'],
    blocks: [
      {
        kind: 'prose',
        text: `## Text\n\n${HOSTILE}\n\n[link](javascript:window.broken=4) ![image](x)\n\n<img src=x onerror="window.broken = 5">`,
      },
      figure('now', 'value', { y: ['n'], columns: [column('n', 'integer'), column('label', 'text')], rows: [[12, HOSTILE]] }),
      figure('none', 'value', {}),
      figure('course', 'area', course),
      figure('line', 'line', course),
      figure('bars', 'bar', {
        x: 'day',
        y: ['n'],
        series: 'label',
        columns: [column('day', 'date'), column('label', 'text'), column('n', 'integer')],
        rows: days.slice(0, 12).flatMap((day, at) => [
          [day, HOSTILE, at],
          [day, 'gone', -at],
        ]),
        problem: HOSTILE,
        published: { runId: 'run10', at: '2026-02-28T10:00:00Z' },
      }),
      figure('ranking', 'bar', {
        x: 'label',
        y: ['n'],
        columns: [column('label', 'text'), column('n', 'money', 'USD')],
        rows: [
          [HOSTILE, '12.50'],
          [null, '-3.25'],
        ],
      }),
      figure('tree', 'tree', {
        x: 'label',
        y: ['n'],
        id: 'id',
        parent: 'parent',
        columns: [column('id', 'text'), column('parent', 'text'), column('label', 'text'), column('n', 'integer')],
        rows: [
          ['1', null, 'Top', 3],
          ['2', '1', HOSTILE, 2],
          ['3', '4', 'Round', 1],
          ['4', '3', 'And round', 1],
        ],
      }),
      figure('table', 'table', {
        columns: [column('label', 'text'), column('share', 'percent'), column('yes', 'boolean')],
        rows: Array.from({ length: 400 }, (_, at) => [at === 0 ? 'x'.repeat(3000) : HOSTILE, at / 400, at % 2 === 0]),
      }),
    ],
  }
}
