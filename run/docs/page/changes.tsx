import { Fragment } from 'preact'
import type { Changes, ErrorKind, Example, TableChange } from '../changes-shape.ts'
import { count, instant, listed, plural } from './format.ts'

/** The effects of a change, table by table, for its reviewer. */
export function ChangesPage({ changes }: { changes: Changes }) {
  const { title, tables, same, problems, feed, command, at } = changes
  return (
    <main class="page wide alone changes">
      <header class="title">
        <h1>{title}</h1>
        <div class="lead">{verdictOf(changes)} Nothing was changed.</div>
      </header>
      {problems.length > 0 && (
        <section class="notice bad">
          <h2>Would fail</h2>
          <ul>
            {problems.map(problem => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </section>
      )}
      <Tests changes={changes} />
      {feed && feed.notes.length + feed.landed.length > 0 && (
        <section class="section">
          <h2>The feed</h2>
          <ul>
            {[...feed.landed, ...feed.notes].map(line => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </section>
      )}
      <section class="section">
        <h2>Tables</h2>
        {tables.length === 0 && <p class="empty">No row would change.</p>}
        {tables.length > 0 && <Counts tables={tables} />}
        {same > 0 && <p class="small muted">{plural(same, 'other table')} as before.</p>}
      </section>
      {tables.filter(hasMore).map(table => (
        <Details key={table.id || table.name} table={table} />
      ))}
      <Errors changes={changes} />
      <Downstream changes={changes} />
      <footer class="report-foot small muted">
        <span class="mono">{command}</span>, {instant(at)} UTC
      </footer>
    </main>
  )
}

function verdictOf({ isPublished, tables }: Changes): string {
  if (isPublished === false) return 'A build would fail, and publish nothing.'
  if (isPublished === null)
    return tables.length === 0
      ? 'No compared table differs.'
      : `${plural(tables.length, 'compared table')} ${tables.length === 1 ? 'differs' : 'differ'}.`
  return tables.length === 0
    ? 'A build would be published, and change no table.'
    : `A build would be published, and change ${plural(tables.length, 'table')}.`
}

function Tests({ changes: { tests } }: { changes: Changes }) {
  if (!tests) return null
  const skipped = tests.failing.filter(({ status }) => status === 'skipped').length
  return (
    <section class="section">
      <h2>Tests</h2>
      <p>
        {plural(tests.passed, 'test')} would pass{skipped > 0 && `, ${count(skipped)} would be skipped`}.
      </p>
      <ul class="plain">
        {tests.failing
          .filter(({ status }) => status !== 'skipped')
          .map(({ name, status, failures, message }) => (
            <li key={name}>
              <span class={`status ${status === 'warn' ? 'warn' : 'bad'}`}>{status === 'warn' ? '! warns' : '✗ fails'}</span>{' '}
              <span class="mono">{name}</span> <span class="muted">{message.split('\n')[0] || plural(failures ?? 0, 'row')}</span>
            </li>
          ))}
      </ul>
    </section>
  )
}

function Counts({ tables }: { tables: TableChange[] }) {
  return (
    <div class="scroll">
      <table class="data counts">
        <thead>
          <tr>
            <th scope="col">Table</th>
            {['Rows before', 'Rows after', 'Added', 'Changed', 'Removed'].map(name => (
              <th key={name} scope="col" class="number">
                {name}
              </th>
            ))}
            <th scope="col">Columns</th>
          </tr>
        </thead>
        <tbody>
          {tables.map(table => (
            <tr key={table.id || table.name}>
              <th scope="row">
                {hasMore(table) ? <a href={`#${anchorOf(table)}`}>{table.name}</a> : table.name}{' '}
                {table.state !== 'changed' && <span class={`tag ${table.state === 'failed' ? 'warn-tag' : ''}`}>{table.state}</span>}
              </th>
              <td class="number">{count(table.rows?.before)}</td>
              <td class="number">{count(table.rows?.after)}</td>
              <td class="number">{number(table.rows?.added, '+')}</td>
              <td class="number">{number(table.rows?.changed, '')}</td>
              <td class="number">{number(table.rows?.removed, '−')}</td>
              <td>{table.message ?? columnsOf(table)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function number(value: number | undefined, sign: string) {
  return value ? `${sign}${count(value)}` : <span class="muted">–</span>
}

function columnsOf({ columns: { added, removed, retyped, changed } }: TableChange): string {
  const parts = [
    added.length > 0 && `${count(added.length)} added`,
    removed.length > 0 && `${count(removed.length)} removed`,
    retyped.length > 0 && `${count(retyped.length)} of a different type`,
    changed.length > 0 && `${count(changed.length)} with different values`,
  ]
  return parts.filter(part => part !== false).join(', ')
}

function hasMore({ examples, columns: { added, removed, retyped, changed } }: TableChange): boolean {
  return examples.length + added.length + removed.length + retyped.length + changed.length > 0
}

function anchorOf({ name }: TableChange): string {
  return `t-${name.replaceAll(/\W+/g, '-')}`
}

function Details({ table }: { table: TableChange }) {
  const { name, columns, examples } = table
  return (
    <section class="section" id={anchorOf(table)}>
      <h2 class="mono">{name}</h2>
      <dl class="details">
        <Columns name="Columns added" values={columns.added} />
        <Columns name="Columns removed" values={columns.removed} />
        <Columns name="Of a different type" values={columns.retyped} />
        <Columns
          name="Different values in"
          values={columns.changed.map(({ name: column, rows }) => `${column} (${plural(rows, 'row')})`)}
        />
      </dl>
      {examples.length > 0 && <Examples examples={examples} />}
    </section>
  )
}

function Columns({ name, values }: { name: string; values: string[] }) {
  if (values.length === 0) return null
  return (
    <>
      <dt>{name}</dt>
      <dd class="mono small">{values.join(', ')}</dd>
    </>
  )
}

const WORDS = { added: '+ added', removed: '− removed', changed: '~ changed' }

function Examples({ examples }: { examples: Example[] }) {
  return (
    <div class="scroll">
      <table class="data examples-table">
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">Column</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {examples.map((example, at) => {
            const values = Object.entries(example.values)
            return values.slice(0, MOST).map(([name, { before, after }], line) => (
              <tr key={`${at} ${name}`} class={`is-${example.kind}`}>
                {line === 0 && (
                  <th scope="row" rowSpan={Math.min(values.length, MOST)}>
                    <span class="small">{WORDS[example.kind]}</span>
                    {Object.entries(example.key).map(([key, value]) => (
                      <div key={key} class="mono small">
                        {key} {value ?? 'null'}
                      </div>
                    ))}
                  </th>
                )}
                <td class="mono small">{name}</td>
                <Value value={before} />
                <Value value={after} />
              </tr>
            ))
          })}
        </tbody>
      </table>
    </div>
  )
}

const MOST = 12

function Value({ value }: { value: string | null | undefined }) {
  if (value === undefined) return <td />
  return (
    <td class="mono small words">
      {value === null ? <span class="muted">null</span> : value.length > 200 ? `${value.slice(0, 200)}…` : value}
    </td>
  )
}

function Errors({ changes: { errors } }: { changes: Changes }) {
  if (!errors || errors.new.length + errors.resolved.length === 0) return null
  return (
    <section class="section">
      <h2>Records of the feed</h2>
      <Kinds name="Newly refused or repaired" kinds={errors.new} />
      <Kinds name="Mended" kinds={errors.resolved} />
    </section>
  )
}

function Kinds({ name, kinds }: { name: string; kinds: ErrorKind[] }) {
  if (kinds.length === 0) return null
  return (
    <>
      <h3>
        {name} <span class="muted">{count(kinds.reduce((all, one) => all + one.count, 0))}</span>
      </h3>
      <ul class="plain">
        {kinds.map(kind => (
          <li key={`${kind.table} ${kind.errorType} ${kind.severity}`}>
            <span class="tabular">{count(kind.count)}</span> {kind.severity === 'error' ? 'refused' : 'repaired'}:{' '}
            <span class="mono small">{kind.errorType}</span> <span class="muted">in {kind.table}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Downstream({ changes: { moved } }: { changes: Changes }) {
  const { columns, reports, exposures } = moved
  if (columns.length + reports.length + exposures.length === 0) return null
  return (
    <section class="section">
      <h2>Would show different values</h2>
      <dl class="details">
        {reports.map(({ title, figures }) => (
          <Fragment key={title}>
            <dt>Report {title}</dt>
            <dd>{listed(figures)}</dd>
          </Fragment>
        ))}
        {exposures.map(({ label, type, owner }) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>
              {type}
              {owner && `, of ${owner}`}
            </dd>
          </Fragment>
        ))}
      </dl>
      {columns.length > 0 && <ColumnsBelow columns={columns} />}
    </section>
  )
}

function ColumnsBelow({ columns }: Pick<Changes['moved'], 'columns'>) {
  const many = columns.reduce((all, one) => all + one.columns.length, 0)
  return (
    <details>
      <summary>
        {plural(many, 'column')} of {plural(columns.length, 'table')} that were not compared
      </summary>
      <dl class="details">
        {columns.map(({ table, columns: names }) => (
          <Fragment key={table}>
            <dt class="mono small">{table}</dt>
            <dd class="mono small">{names.length > 0 ? names.join(', ') : 'its rows'}</dd>
          </Fragment>
        ))}
      </dl>
    </details>
  )
}
