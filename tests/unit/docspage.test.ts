import { describe, expect, it } from 'vitest'
import { escapeHtml, escapeJson } from '../../run/docs/html.ts'
import { place } from '../../run/docs/layout.ts'
import { tokensOf } from '../../run/docs/page/sql.ts'
import { around, wayOf, waysOf } from '../../run/docs/page/way.ts'
import { placeProject } from '../../run/docs/pagedata.ts'
import type { DocsEdge, DocsNode } from '../../run/docs/shape.ts'

describe('texts in the page', () => {
  it('end no script element, and are the same when read', () => {
    const text = '</script><!--<script>\u2028\u2029 & "'
    const json = escapeJson(JSON.stringify({ text }))
    expect(json).not.toMatch(/[<\u2028\u2029]/)
    expect(JSON.parse(json)).toEqual({ text })
    expect(escapeHtml(text)).not.toMatch(/[<>"]/)
  })
})

describe('placing', () => {
  it('puts what reads at the right of what is read, without overlaps', () => {
    const box = (id: string) => ({ id, width: 100, height: 30 })
    const { boxes, width, lines } = place(['a', 'b', 'c', 'd'].map(box), [
      ['a', 'b'],
      ['b', 'c'],
      ['a', 'c'],
      ['nobody', 'c'],
    ])
    expect(boxes.a![0] + 100).toBeLessThan(boxes.b![0])
    expect(boxes.b![0] + 100).toBeLessThan(boxes.c![0])
    expect(boxes.d).toBeDefined()
    expect(width).toBeGreaterThan(300)
    expect(lines.map(({ from, to, through }) => [from, to, through.length]).sort()).toEqual([
      ['a', 'b', 0],
      ['a', 'c', 2],
      ['b', 'c', 0],
    ])
    expect(place([], []).boxes).toEqual({})
  })

  it('leaves a line out that follows from others, and bears a circle', () => {
    const node = (uniqueId: string, ...dependsOn: string[]) => ({ uniqueId, name: uniqueId, dependsOn }) as DocsNode
    const { lines } = placeProject([node('a'), node('b', 'a'), node('c', 'a', 'b')])
    expect(lines.map(({ from, to }) => from + to).sort()).toEqual(['ab', 'bc'])
    expect(Object.keys(placeProject([node('a', 'b'), node('b', 'a')]).boxes)).toEqual(['a', 'b'])
  })
})

describe('the way of a column', () => {
  const edges: DocsEdge[] = [
    [0, 1, 'value'],
    [1, 2, 'copy'],
    [2, 3, 'copy'],
    [4, 2, 'condition'],
    [1, 5, 'copy'],
  ]
  const ways = waysOf({ fields: [], edges, columns: 0, traced: 0, notTraced: 0 })

  it('goes to the start and to the end, and not back down from the start', () => {
    const { distance } = wayOf(ways, [2], false)
    expect([...distance].sort()).toEqual([
      [0, -2],
      [1, -1],
      [2, 0],
      [3, 1],
    ])
    expect(wayOf(ways, [2], true).distance.get(4)).toBe(-1)
    expect(wayOf(ways, [2], false).edges).toHaveLength(3)
  })

  it('ends in circles', () => {
    const circle = waysOf({
      fields: [],
      edges: [
        [0, 1, 'copy'],
        [1, 0, 'copy'],
      ],
      columns: 0,
      traced: 0,
      notTraced: 0,
    })
    expect(wayOf(circle, [0], false).edges).toHaveLength(2)
  })

  it('around a node goes so many steps and no further', () => {
    const next = (id: string) => (id < 'e' ? [String.fromCharCode(id.charCodeAt(0) + 1)] : [])
    expect([...around('b', 2, () => [], next)]).toEqual(['b', 'c', 'd'])
  })
})

it('SQL that is cut for colours is the same when joined', () => {
  const sql = `{# note #}\nselect count(*), 'it''s <b>', "Odd ""name""", 1.5 -- 'x\nfrom {{ ref('a') }} /* y */ where a = $$z$$ {% if x %}`
  const tokens = tokensOf(sql)
  expect(tokens.map(({ text }) => text).join('')).toBe(sql)
  expect(tokens.filter(({ kind }) => kind !== 'plain').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'comment {# note #}',
    'keyword select',
    'call count',
    "text 'it''s <b>'",
    'number 1.5',
    "comment -- 'x",
    'keyword from',
    "jinja {{ ref('a') }}",
    'comment /* y */',
    'keyword where',
    'text $$z$$',
    'jinja {% if x %}',
  ])
})
