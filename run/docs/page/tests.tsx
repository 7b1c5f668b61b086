import type { DocsTest, DocsTestResult, DocsUnitTest } from '../shape.ts'
import { Code } from './code.tsx'
import { count, instant, plural, seconds } from './format.ts'
import { Markdown } from './markdown.tsx'
import { testById, unitTestById } from './model.ts'
import { Empty, NodeLink, Section, Status, Tag, Title, toneOf } from './parts.tsx'
import { to } from './route.ts'
import { Tabs } from './tabs.tsx'

/** A test with its last results, as a list item. */
export function TestLine({ test }: { test: DocsTest }) {
  return (
    <li>
      <div class="row-main">
        <a class="mono" href={to(['test', test.uniqueId])}>
          {test.generic && test.column ? `${test.generic} · ${test.column}` : test.name}
        </a>
        {test.severity === 'warn' && <Tag>warns only</Tag>}
      </div>
      <div class="row-facts">
        <History results={test.history} />
        {test.last ? <Status status={test.last.status} /> : <span class="muted">not run yet</span>}
      </div>
    </li>
  )
}

/** A unit test, as a list item. */
export function UnitLine({ test }: { test: DocsUnitTest }) {
  return (
    <li>
      <div class="row-main">
        <a class="mono" href={to(['unit', test.uniqueId])}>
          {test.name}
        </a>{' '}
        <Tag>unit</Tag>
      </div>
      <div class="row-facts">{test.last ? <Status status={test.last.status} /> : <span class="muted">not run yet</span>}</div>
    </li>
  )
}

/** A data test. */
export function TestPage({ id }: { id: string }) {
  const test = testById.get(id)
  if (!test) return <Empty>There is no test {id}.</Empty>
  const given = Object.entries(test.arguments)
  const tabs = [
    ...(test.compiledSql
      ? [{ name: 'Compiled', content: () => <Code text={test.compiledSql!} name={`Compiled SQL of ${test.name}`} /> }]
      : []),
    { name: 'As written', content: () => <Code text={test.rawSql} name={`SQL of ${test.name} as written`} /> },
  ]
  return (
    <div class="page">
      <Title
        eyebrow={
          <>
            test · <span class="mono">{test.file}</span>
          </>
        }
        lead={<Markdown text={test.description} />}
      >
        <span class="mono">{test.name}</span>
      </Title>
      <Last result={test.last} />
      <dl class="details">
        <dt>About</dt>
        <dd>
          {(test.attachedTo ? [test.attachedTo] : test.dependsOn).map(one => (
            <div key={one}>
              <NodeLink id={one} />
              {test.column && <span class="mono">.{test.column}</span>}
            </div>
          ))}
        </dd>
        <dt>Severity</dt>
        <dd>
          {test.severity === 'warn'
            ? 'A failure is a warning: the build is published all the same.'
            : 'A failure keeps the build from being published.'}
        </dd>
        {given.length > 0 && (
          <>
            <dt>Arguments</dt>
            <dd class="mono small">
              {given.map(([name, value]) => (
                <div key={name}>
                  {name}: {typeof value === 'string' ? value : JSON.stringify(value)}
                </div>
              ))}
            </dd>
          </>
        )}
      </dl>
      {test.history.length > 0 && (
        <Section name="Over time">
          <ol class="results">
            {test.history.toReversed().map(result => (
              <li key={`${result.at}${result.runId}`}>
                <Status status={result.status} /> <span class="muted">{instant(result.at)}</span>{' '}
                {result.failures ? plural(result.failures, 'failure') : ''}
              </li>
            ))}
          </ol>
        </Section>
      )}
      <Section name="SQL">
        <Tabs label="SQL" tabs={tabs} key={id} />
      </Section>
    </div>
  )
}

/** A unit test: rows in, rows out. */
export function UnitPage({ id }: { id: string }) {
  const test = unitTestById.get(id)
  if (!test) return <Empty>There is no unit test {id}.</Empty>
  return (
    <div class="page">
      <Title
        eyebrow={
          <>
            unit test ·{' '}
            <span class="mono">
              {test.file}
              {test.line ? `:${test.line}` : ''}
            </span>
          </>
        }
        lead={<Markdown text={test.description} />}
      >
        <span class="mono">{test.name}</span>
      </Title>
      <Last result={test.last} />
      <p>
        Of <NodeLink id={test.model} />
      </p>
      {test.given.map(({ input, ...rows }) => (
        <Section key={input} id={`given-${input.replaceAll(/\W+/g, '-')}`} name={`Given ${input}`}>
          <Rows {...rows} name={input} />
        </Section>
      ))}
      <Section name="Expected">
        <Rows {...test.expect} name="expected rows" />
      </Section>
    </div>
  )
}

function Last({ result }: { result: DocsTestResult | null }) {
  if (!result) return <p class="muted">It has not run yet.</p>
  return (
    <p>
      <Status status={result.status} /> <span class="muted">{instant(result.at)}</span>
      {result.seconds !== null && <span class="muted"> in {seconds(result.seconds)}</span>}
      {result.failures ? ` · ${plural(result.failures, 'failure')}` : ''}
      {result.message ? ` · ${result.message}` : ''}
    </p>
  )
}

// The last results as small bars, oldest first.
function History({ results }: { results: DocsTestResult[] }) {
  if (results.length < 2) return null
  const bad = results.filter(({ status }) => status === 'fail' || status === 'error').length
  return (
    <span class="history" role="img" aria-label={`${results.length} runs, ${bad} failed`}>
      {results.slice(-14).map(result => (
        <i key={`${result.runId}${result.at}`} class={toneOf(result.status)} title={`${result.status}, ${instant(result.at)}`} />
      ))}
    </span>
  )
}

function Rows({ columns, rows, sql, name }: { columns: string[]; rows: (string | null)[][]; sql: string | null; name: string }) {
  if (sql !== null) return <Code text={sql} name={name} />
  if (rows.length === 0) return <Empty>No rows.</Empty>
  return (
    <div class="scroll">
      <table>
        <caption class="hidden">
          {name}, {count(rows.length)} rows
        </caption>
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column} class="mono">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={String(at)}>
              {row.map((cell, column) => (
                <td key={columns[column]} class="mono small">
                  {cell === null ? <span class="muted">null</span> : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
