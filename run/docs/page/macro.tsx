import { Code } from './code.tsx'
import { Markdown } from './markdown.tsx'
import { macroById, nodeById, testById } from './model.ts'
import { Empty, NodeLink, Section, Title } from './parts.tsx'
import { to } from './route.ts'

/** All about a macro. */
export function MacroPage({ id }: { id: string }) {
  const macro = macroById.get(id)
  if (!macro) return <Empty>There is no macro {id}.</Empty>
  return (
    <div class="page">
      <Title
        eyebrow={
          <>
            macro{macro.isOwn ? ' of the runner' : ''} ·{' '}
            <span class="mono">
              {macro.isOwn ? macro.file.replace(/^(\.\.\/)+.*?(?=\b(run|macros|tests)\/)/, '') : macro.file}
              {macro.line ? `:${macro.line}` : ''}
            </span>
          </>
        }
        lead={<Markdown text={macro.description} />}
      >
        <span class="mono">
          {macro.name}
          <span class="muted">({macro.arguments.map(({ name }) => name).join(', ')})</span>
        </span>
      </Title>
      {macro.arguments.some(({ description, type }) => description || type) && (
        <dl class="details">
          {macro.arguments.map(({ name, type, description }) => (
            <>
              <dt class="mono">{name}</dt>
              <dd>
                {type && <span class="mono muted">{type} </span>}
                <Markdown text={description} />
              </dd>
            </>
          ))}
        </dl>
      )}
      <Section name="Text">
        <Code text={macro.text} name={`Text of ${macro.name}`} />
      </Section>
      <div class="columns-2">
        <Users name="Calls" ids={macro.macros} />
        <Users name="Called by" ids={macro.usedBy} />
      </div>
    </div>
  )
}

function Users({ name, ids }: { name: string; ids: string[] }) {
  return (
    <Section name={name}>
      {ids.length === 0 && <Empty>Nothing.</Empty>}
      <ul class="plain">
        {ids.map(id => (
          <li key={id}>
            {nodeById.has(id) ? (
              <NodeLink id={id} />
            ) : (
              <a class="mono" href={to([testById.has(id) ? 'test' : 'macro', id])}>
                {testById.get(id)?.name ?? macroById.get(id)?.name ?? id}
              </a>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
