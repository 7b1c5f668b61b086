import { useState } from 'preact/hooks'
import type { DocsNode } from '../shape.ts'
import { bytes, count, plural } from './format.ts'
import { layersDown } from './layers.ts'
import { Inline } from './markdown.tsx'
import { data, kindOf, nodes, testById } from './model.ts'
import { Empty, NodeLink, Status, Tag, Title } from './parts.tsx'
import { type Route, to } from './route.ts'

const LISTS = ['tables', 'tests', 'unit tests', 'macros'] as const

/** All nodes of the project, in lists with filters. */
export function CataloguePage({ route }: { route: Route }) {
  const chosen = LISTS.find(list => list === route.query.get('list')) ?? 'tables'
  const [filter, setFilter] = useState('')
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (...texts: (string | null)[]) => words.every(word => texts.some(text => text?.toLowerCase().includes(word)))
  const counts = { tables: nodes.length, tests: data.tests.length, 'unit tests': data.unitTests.length, macros: data.macros.length }
  return (
    <div class="page">
      <Title>Catalogue</Title>
      <div class="bar">
        <nav class="pills" aria-label="Lists">
          {LISTS.map(list => (
            <a
              key={list}
              href={to(['catalogue'], list === 'tables' ? {} : { list })}
              {...(list === chosen ? { 'aria-current': 'page' as const } : {})}
            >
              {list} <span class="muted">{count(counts[list])}</span>
            </a>
          ))}
        </nav>
        <input
          type="search"
          placeholder="Filter the list"
          aria-label="Filter the list"
          value={filter}
          onInput={event => setFilter(event.currentTarget.value)}
        />
      </div>
      {chosen === 'tables' && (
        <TableLists
          shown={nodes.filter(node =>
            fits(node.name, node.schema, node.description, ...node.tags, ...node.columns.map(column => column.name)),
          )}
        />
      )}
      {chosen === 'tests' && <TestList shown={data.tests.filter(test => fits(test.name, test.generic, test.last?.status ?? null))} />}
      {chosen === 'unit tests' && <UnitList shown={data.unitTests.filter(test => fits(test.name, test.description))} />}
      {chosen === 'macros' && <MacroList shown={data.macros.filter(macro => fits(macro.name, macro.description, macro.file))} />}
    </div>
  )
}

function TableLists({ shown }: { shown: DocsNode[] }) {
  if (shown.length === 0) return <Empty>No table matches in its name, description, columns or tags.</Empty>
  return (
    <table class="catalogue">
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col" class="number">
            Rows
          </th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col" class="number">
            Tests
          </th>
        </tr>
      </thead>
      {layersDown(shown).map(layer => (
        <tbody key={layer.name}>
          <tr class="group">
            <th scope="rowgroup" colSpan={4}>
              <span class={`dot ${layer.tone}`} aria-hidden="true" />
              {layer.name} <span class="muted">{count(layer.nodes.length)}</span>
            </th>
          </tr>
          {layer.nodes.map(node => (
            <TableRow key={node.uniqueId} node={node} />
          ))}
        </tbody>
      ))}
    </table>
  )
}

function TableRow({ node }: { node: DocsNode }) {
  const results = node.tests.map(id => testById.get(id)?.last?.status)
  const bad = results.filter(status => status === 'fail' || status === 'error').length
  const tests = node.tests.length + node.unitTests.length
  return (
    <tr>
      <td>
        <NodeLink id={node.uniqueId} full={false} /> {kindOf(node) === 'view' && <Tag>view</Tag>}
        <p class="small muted clamp">
          <Inline text={node.description} />
        </p>
      </td>
      <td class="number">
        {node.isEstimate && node.rowCount !== null ? '≈ ' : ''}
        {count(node.rowCount)}
      </td>
      <td class="number">{bytes(node.sizeBytes)}</td>
      <td class="number">
        {bad > 0 ? (
          <span class="bad">
            <span aria-hidden="true">✗ </span>
            {count(bad)} of {count(tests)} failed
          </span>
        ) : (
          count(tests)
        )}
      </td>
    </tr>
  )
}

function TestList({ shown }: { shown: typeof data.tests }) {
  const order = ['error', 'fail', 'warn', 'pass', 'skipped']
  const rank = (test: (typeof shown)[number]) => (test.last ? order.indexOf(test.last.status) : order.length)
  if (shown.length === 0) return <Empty>No matches.</Empty>
  return (
    <ul class="rows">
      {shown
        .toSorted((a, b) => rank(a) - rank(b))
        .map(test => (
          <li key={test.uniqueId}>
            <div class="row-main">
              <a class="mono" href={to(['test', test.uniqueId])}>
                {test.name}
              </a>
              <p class="small muted clamp">
                <Inline text={test.description || test.file} />
              </p>
            </div>
            <div class="row-facts">{test.last ? <Status status={test.last.status} /> : <span class="muted">not run yet</span>}</div>
          </li>
        ))}
    </ul>
  )
}

function UnitList({ shown }: { shown: typeof data.unitTests }) {
  if (shown.length === 0) return <Empty>No matches.</Empty>
  return (
    <ul class="rows">
      {shown.map(test => (
        <li key={test.uniqueId}>
          <div class="row-main">
            <a class="mono" href={to(['unit', test.uniqueId])}>
              {test.name}
            </a>
            <p class="small muted clamp">
              <Inline text={test.description} />
            </p>
          </div>
          <div class="row-facts">{test.last ? <Status status={test.last.status} /> : <span class="muted">not run yet</span>}</div>
        </li>
      ))}
    </ul>
  )
}

function MacroList({ shown }: { shown: typeof data.macros }) {
  if (shown.length === 0) return <Empty>No matches.</Empty>
  return (
    <ul class="rows">
      {shown
        .toSorted((a, b) => Number(a.isOwn) - Number(b.isOwn))
        .map(macro => (
          <li key={macro.uniqueId}>
            <div class="row-main">
              <a class="mono" href={to(['macro', macro.uniqueId])}>
                {macro.name}({macro.arguments.map(({ name }) => name).join(', ')})
              </a>{' '}
              {macro.isOwn && <Tag>built in</Tag>}
              <p class="small muted clamp">
                <Inline text={macro.description || macro.file} />
              </p>
            </div>
            <div class="row-facts muted small">{plural(macro.usedBy.length, 'use')}</div>
          </li>
        ))}
    </ul>
  )
}
