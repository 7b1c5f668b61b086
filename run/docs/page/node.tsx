import { groupBy } from '../group.ts'
import type { DocsColumn, DocsNode } from '../shape.ts'
import { Code } from './code.tsx'
import { count, plural, shortType } from './format.ts'
import { Neighbours } from './lineage.tsx'
import { Markdown } from './markdown.tsx'
import { columnName, data, fullName, nameOf, nodeById, testById, unitTestById } from './model.ts'
import { Facts, Sample, ShownIn } from './nodefacts.tsx'
import { Dot, Empty, Name, NodeLink, Section, Tag, Title } from './parts.tsx'
import { to } from './route.ts'
import { Tabs } from './tabs.tsx'
import { TestLine, UnitLine } from './tests.tsx'

/** A model, seed, snapshot or source. */
export function NodePage({ id }: { id: string }) {
  const node = nodeById.get(id)
  if (!node) return <Empty>There is no table {id}.</Empty>
  return (
    <div class="page">
      <Title
        eyebrow={
          <>
            <Dot node={node} /> {node.resourceType} · <span class="mono">{node.file}</span>
          </>
        }
        lead={<Markdown text={node.description} />}
      >
        <span class="mono">
          <span class="muted">{fullName(node).slice(0, -node.name.length)}</span>
          {node.name}
        </span>
      </Title>
      <Facts node={node} />
      <ShownIn id={id} />
      {node.columns.length > 0 && <Columns node={node} />}
      <Sample node={node} />
      {(node.tests.length > 0 || node.unitTests.length > 0) && <Tests node={node} />}
      <Section name="Lineage" aside={<a href={to(['lineage', id])}>Larger</a>}>
        {node.dependsOn.length + node.usedBy.length > 0 ? (
          <Neighbours node={node} depth={1} />
        ) : (
          <Empty>It reads no other table, and no table reads it.</Empty>
        )}
      </Section>
      <Sql node={node} />
      <Details node={node} />
    </div>
  )
}

function Columns({ node }: { node: DocsNode }) {
  return (
    <Section name="Columns" aside={<span class="muted small">A column leads to its lineage.</span>}>
      <div class="scroll">
        <table class="columns">
          <thead>
            <tr>
              <th>Name</th>
              <th>Type</th>
              <th>What it is</th>
              <th>Comes from</th>
              <th>Tests</th>
            </tr>
          </thead>
          <tbody>
            {node.columns.map(column => (
              <tr key={column.name}>
                <td>
                  <a class="mono strong" href={to(['column', node.uniqueId, column.name])}>
                    {column.name}
                  </a>
                  {column.isKey && <Tag>key</Tag>}
                </td>
                <td class="mono small muted nowrap">
                  {column.type === null ? '–' : shortType(column.type)}
                  {column.isNullable === false && !column.isKey ? ' not null' : ''}
                </td>
                <td>
                  <Markdown text={column.description} />
                  {column.references && <Reference references={column.references} />}
                </td>
                <td>
                  <Origins column={column} />
                </td>
                <td>
                  <Marks ids={column.tests} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

function Reference({ references }: { references: NonNullable<DocsColumn['references']> }) {
  const { node, relation, column, isTested } = references
  return (
    <p class="small">
      → {node ? <NodeLink id={node} /> : <span class="mono">{relation}</span>}
      <span class="mono">.{column}</span> {isTested && <span class="muted">(tested)</span>}
    </p>
  )
}

function Origins({ column }: { column: DocsColumn }) {
  if (column.notTraced) return <span class="small muted">not traced: {column.notTraced}</span>
  if (column.isConstant) return <span class="small muted">constant</span>
  // A field of several tables, or of a record and its readable form, is one line.
  const groups = groupBy(valueFields(column), field => field.label || field.column)
  const shown = [...groups].slice(0, 3)
  return (
    <ul class="plain small origins">
      {shown.map(([label, fields]) => (
        <li key={label}>
          <span class="mono">{columnName(label)}</span>{' '}
          {[...new Map(fields.map(field => [field.node, field])).values()].slice(0, 3).map(field => {
            return (
              <a key={field.node} class="mono muted" href={to(['column', field.node, field.column])}>
                <Name text={nameOf(field.node)} />
              </a>
            )
          })}
        </li>
      ))}
      {column.isKept && <li class="muted">or what it held before</li>}
      {groups.size > shown.length && <li class="muted">and {groups.size - shown.length} more</li>}
    </ul>
  )
}

// Its fields; the rows of a table only where there is nothing else, as for a count.
function valueFields(column: DocsColumn) {
  const fields = column.origins.flatMap(index => data.lineage.fields[index] ?? [])
  const values = fields.filter(field => field.column !== '*')
  return values.length > 0 ? values : fields
}

function Marks({ ids }: { ids: string[] }) {
  return (
    <>
      {ids.map(id => {
        const test = testById.get(id)
        if (!test) return null
        const status = test.last?.status ?? 'never ran'
        return (
          <a key={id} class={`mark ${status}`} href={to(['test', id])} title={`${test.name}: ${status}`}>
            {test.generic ?? test.name}
            <span class="hidden"> {status}</span>
          </a>
        )
      })}
    </>
  )
}

function Tests({ node }: { node: DocsNode }) {
  const all = node.tests.length + node.unitTests.length
  return (
    <Section name="Tests" aside={<span class="muted">{count(all)}</span>}>
      <ul class="rows dense">
        {node.tests.map(id => {
          const test = testById.get(id)
          return test ? <TestLine key={id} test={test} /> : null
        })}
        {node.unitTests.map(id => {
          const test = unitTestById.get(id)
          return test ? <UnitLine key={id} test={test} /> : null
        })}
      </ul>
    </Section>
  )
}

function Sql({ node }: { node: DocsNode }) {
  const tabs = [
    ...(node.compiledSql
      ? [{ name: 'Compiled', content: () => <Code text={node.compiledSql!} name={`Compiled SQL of ${node.name}`} /> }]
      : []),
    ...(node.rawSql ? [{ name: 'As written', content: () => <Code text={node.rawSql} name={`SQL of ${node.name} as written`} /> }] : []),
  ]
  if (tabs.length === 0) return null
  return (
    <Section name="SQL">
      <Tabs label="SQL" tabs={tabs} key={node.uniqueId} />
    </Section>
  )
}

function Details({ node }: { node: DocsNode }) {
  const grants = Object.entries(node.grants)
  const meta = Object.entries(node.meta)
  return (
    <Section name="Details">
      <dl class="details">
        {node.relation && (
          <>
            <dt>Relation</dt>
            <dd class="mono">{node.relation}</dd>
          </>
        )}
        {node.primaryKey.length > 0 && (
          <>
            <dt>Primary key</dt>
            <dd class="mono">{node.primaryKey.join(', ')}</dd>
          </>
        )}
        {node.foreignKeys.length > 0 && (
          <>
            <dt>Foreign keys</dt>
            <dd>
              {node.foreignKeys.map(key => (
                <div key={key.name}>
                  <span class="mono">{key.columns.join(', ')}</span> →{' '}
                  {key.node ? <NodeLink id={key.node} /> : <span class="mono">{key.relation}</span>}{' '}
                  <span class="mono muted">({key.toColumns.join(', ')})</span>
                </div>
              ))}
            </dd>
          </>
        )}
        {node.indexes.length > 0 && (
          <>
            <dt>Indexes</dt>
            <dd class="mono small">
              {node.indexes.map(index => (
                <div key={index.name}>{index.definition}</div>
              ))}
            </dd>
          </>
        )}
        {node.propertiesFile && (
          <>
            <dt>Described in</dt>
            <dd class="mono">{node.propertiesFile}</dd>
          </>
        )}
        {node.macros.length > 0 && (
          <>
            <dt>Macros</dt>
            <dd>
              {node.macros.map(id => (
                <a key={id} class="mono chip" href={to(['macro', id])}>
                  {id.split('.').at(-1)}
                </a>
              ))}
            </dd>
          </>
        )}
        {grants.map(([privilege, roles]) => (
          <>
            <dt>Grants</dt>
            <dd>
              {privilege} to {roles.join(', ')}
            </dd>
          </>
        ))}
        {meta.length > 0 && (
          <>
            <dt>Meta</dt>
            <dd class="mono small">{JSON.stringify(node.meta)}</dd>
          </>
        )}
        {node.materialized && (
          <>
            <dt>How it is kept</dt>
            <dd>{node.materialized}</dd>
          </>
        )}
        <dt>Lineage</dt>
        <dd>
          {node.notTraced ??
            `known of ${plural(node.columns.filter(column => column.notTraced === null).length, 'column')} of ${count(node.columns.length)}`}
        </dd>
      </dl>
    </Section>
  )
}
