import { describe, expect, it } from 'vitest'
import { tablesOfDiffs, tablesOfPlan } from '../../run/docs/changes.ts'
import { movedBy } from '../../run/docs/moved.ts'
import { MASK } from '../../run/docs/personal.ts'
import type { Lineage } from '../../run/lineage/project.ts'
import type { Project } from '../../run/manifest/node.ts'
import type { Planned, RelationPlan } from '../../run/preview/plan.ts'

const relation = (name: string, rest: Partial<RelationPlan>): RelationPlan => ({
  unique_id: `model.shop.${name}`,
  resource_type: 'model',
  relation: `core.${name}`,
  status: 'success',
  action: 'MERGE 3',
  is_new: false,
  rows: { inserted: 0, updated: 0, deleted: 0, unchanged: 0 },
  columns: { added: [], removed: [], retyped: [], changed: [] },
  examples: [],
  total: null,
  ...rest,
})

describe('the tables of a plan', () => {
  const planned = {
    relations: [
      relation('still', {}),
      relation('people', {
        rows: { inserted: 2, updated: 1, deleted: 1, unchanged: 0 },
        total: 11,
        columns: {
          added: [],
          removed: [],
          retyped: [{ name: 'n', before: 'integer', after: 'bigint' }],
          changed: [{ name: 'email', rows: 1 }],
        },
        examples: [
          { kind: 'changed', key: { id: '7' }, values: { email: { before: 'a@b', after: null }, city: { before: 'x', after: 'y' } } },
        ],
      }),
      relation('broken', { status: 'error', action: 'column "x" does not exist', rows: null }),
    ],
  } as unknown as Planned
  const { tables, same } = tablesOfPlan(planned, (table, column) => table === 'model.shop.people' && column === 'email')

  it('are those that would change or fail, the last of the build first', () => {
    expect(tables.map(({ name, state, message }) => [name, state, message])).toEqual([
      ['core.broken', 'failed', 'column "x" does not exist'],
      ['core.people', 'changed', null],
    ])
    expect(same).toBe(1)
    expect(tables[1]!.rows).toEqual({ before: 10, after: 11, added: 2, changed: 1, removed: 1 })
    expect(tables[1]!.columns).toMatchObject({ retyped: ['n integer → bigint'], changed: [{ name: 'email', rows: 1 }] })
  })

  it('show what is personal masked, and that it was null', () => {
    expect(tables[1]!.examples).toEqual([
      { kind: 'changed', key: { id: '7' }, values: { email: { before: MASK, after: null }, city: { before: 'x', after: 'y' } } },
    ])
  })
})

describe('the tables of a comparison', () => {
  it('are those that differ, that are not there yet, and that could not be compared', () => {
    const none = {
      key: ['id'],
      unmatched: { before: 0, after: 0 },
      columns: [],
      columnsAdded: [],
      columnsRemoved: [],
      columnsRetyped: [],
      examples: [],
    }
    const { tables, same } = tablesOfDiffs(
      [
        {
          unique_id: 'a',
          before: 'a',
          after: 'b',
          differences: { ...none, rows: { before: 1, after: 1 }, added: 0, removed: 0, changed: 0, same: 1 },
        },
        {
          unique_id: 'b',
          before: 'a',
          after: 'b',
          differences: { ...none, rows: { before: 2, after: 1 }, added: 0, removed: 1, changed: 0, same: 1 },
        },
        { unique_id: 'c', before: 'a', after: 'b', differences: null, rows: 4 },
        { before: 'x', after: 'y', differences: null, error: new Error('no key') },
      ],
      id => `core.${id}`,
      () => false,
    )
    expect(tables.map(({ name, state, rows, message }) => [name, state, rows?.after ?? null, message])).toEqual([
      ['core.b', 'changed', 1, null],
      ['core.c', 'new', 4, null],
      ['x → y', 'failed', null, 'no key'],
    ])
    expect(same).toBe(1)
  })
})

describe('what would move', () => {
  const field = (node: string, column: string) => ({ node, column, path: [], label: '' })
  const lineage = {
    fields: [
      field('model.shop.a', 'x'),
      field('model.shop.a', 'y'),
      field('model.shop.b', 'x'),
      field('model.shop.c', 'x'),
      field('report.shop.r.sales', 'x'),
      field('report.shop.r.other', 'y'),
    ],
    edges: [
      [0, 2, 'copy'],
      [2, 3, 'value'],
      [3, 4, 'copy'],
      [1, 5, 'condition'],
    ],
  } as unknown as Lineage
  const node = (name: string) => [`model.shop.${name}`, { schema: 'core', alias: name }] as const
  const project = {
    nodes: new Map([node('a'), node('b'), node('c')]),
    reports: new Map([
      [
        'report.shop.r',
        {
          uniqueId: 'report.shop.r',
          title: 'Sales',
          blocks: [
            { kind: 'figure', name: 'sales', title: 'Sales by day' },
            { kind: 'figure', name: 'other', title: 'Other' },
          ],
        },
      ],
    ]),
    exposures: new Map([
      [
        'exposure.shop.e',
        { name: 'e', dependsOn: ['model.shop.c'], exposure: { label: 'Board', type: 'dashboard', owner: { name: 'Ann' } } },
      ],
    ]),
  } as unknown as Project

  it('follows values, not conditions, to columns, figures and exposures', () => {
    expect(movedBy(project, lineage, [{ id: 'model.shop.a', columns: 'all' }], new Set())).toEqual({
      columns: [
        { table: 'core.b', columns: ['x'] },
        { table: 'core.c', columns: ['x'] },
      ],
      reports: [{ title: 'Sales', figures: ['Sales by day'] }],
      exposures: [{ label: 'Board', type: 'dashboard', owner: 'Ann' }],
    })
    expect(movedBy(project, lineage, [{ id: 'model.shop.a', columns: ['y'] }], new Set())).toEqual({
      columns: [],
      reports: [],
      exposures: [],
    })
  })

  it('ends at a table that is known to stay as it is', () => {
    const found = movedBy(project, lineage, [{ id: 'model.shop.a', columns: ['x'] }], new Set(['model.shop.b']))
    expect(found).toEqual({ columns: [], reports: [], exposures: [] })
  })
})
