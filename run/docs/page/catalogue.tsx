import { useState } from 'preact/hooks'
import type { DocsNode } from '../shape.ts'
import { bytes, count, plural } from './format.ts'
import { Inline } from './markdown.tsx'
import { data, nodes, testById } from './model.ts'
import { depthOf, Empty, Kind, NodeLink, Section, Status, Tag, Title } from './parts.tsx'
import { type Route, to } from './route.ts'

const LISTS = ['tables', 'tests', 'unit tests', 'macros'] as const

/** Everything of the project, in lists that can be narrowed. */
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
          placeholder="Narrow the list"
          aria-label="Narrow the list"
          value={filter}
          onInput={event => setFilter(event.currentTarget.value)}
        />
      </div>
      {chosen === 'tables' && <TableLists shown={nodes.filter(node => fits(node.name, node.schema, node.description, ...node.tags))} />}
      {chosen === 'tests' && <TestList shown={data.tests.filter(test => fits(test.name, test.generic, test.last?.status ?? null))} />}
      {chosen === 'unit tests' && <UnitList shown={data.unitTests.filter(test => fits(test.name, test.description))} />}
      {chosen === 'macros' && <MacroList shown={data.macros.filter(macro => fits(macro.name, macro.description, macro.file))} />}
    </div>
  )
}

function TableLists({ shown }: { shown: DocsNode[] }) {
  const groups = new Map<string, DocsNode[]>()
  for (const node of shown) {
    const key = node.resourceType === 'model' ? node.file.replace(/\/[^/]*$/, '') : `${node.resourceType}s`
    groups.set(key, [...(groups.get(key) ?? []), node])
  }
  if (shown.length === 0) return <Empty>Nothing fits.</Empty>
  return (
    <>
      {[...groups]
        .sort((a, b) => meanDepth(a[1]) - meanDepth(b[1]))
        .map(([group, list]) => (
          <Section key={group} name={group} aside={<span class="muted">{count(list.length)}</span>}>
            <ul class="rows">
              {list.map(node => (
                <TableRow key={node.uniqueId} node={node} />
              ))}
            </ul>
          </Section>
        ))}
    </>
  )
}

// Folders in the order of the way of data.
function meanDepth(list: DocsNode[]): number {
  return list.reduce((sum, node) => sum + depthOf(node) + (node.resourceType === 'source' ? -1 : 0), 0) / list.length
}

function TableRow({ node }: { node: DocsNode }) {
  const results = node.tests.map(id => testById.get(id)?.last?.status)
  const bad = results.filter(status => status === 'fail' || status === 'error').length
  return (
    <li>
      <div class="row-main">
        <NodeLink id={node.uniqueId} full={false} /> <Kind node={node} />
        {bad > 0 && (
          <span class="status bad">
            <span aria-hidden="true">✗</span> {plural(bad, 'test')} failed
          </span>
        )}
        <p class="small muted clamp">
          <Inline text={node.description} />
        </p>
      </div>
      <dl class="row-facts">
        <div>
          <dt>rows</dt>
          <dd>
            {node.isEstimate && node.rowCount !== null ? '≈ ' : ''}
            {count(node.rowCount)}
          </dd>
        </div>
        <div>
          <dt>size</dt>
          <dd>{bytes(node.sizeBytes)}</dd>
        </div>
        <div>
          <dt>tests</dt>
          <dd>{count(node.tests.length + node.unitTests.length)}</dd>
        </div>
      </dl>
    </li>
  )
}

function TestList({ shown }: { shown: typeof data.tests }) {
  const order = ['error', 'fail', 'warn', 'pass', 'skipped']
  const rank = (test: (typeof shown)[number]) => (test.last ? order.indexOf(test.last.status) : order.length)
  if (shown.length === 0) return <Empty>Nothing fits.</Empty>
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
            <div class="row-facts">{test.last ? <Status status={test.last.status} /> : <span class="muted">never ran</span>}</div>
          </li>
        ))}
    </ul>
  )
}

function UnitList({ shown }: { shown: typeof data.unitTests }) {
  if (shown.length === 0) return <Empty>Nothing fits.</Empty>
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
          <div class="row-facts">{test.last ? <Status status={test.last.status} /> : <span class="muted">never ran</span>}</div>
        </li>
      ))}
    </ul>
  )
}

function MacroList({ shown }: { shown: typeof data.macros }) {
  if (shown.length === 0) return <Empty>Nothing fits.</Empty>
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
              {macro.isOwn && <Tag>of the runner</Tag>}
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
