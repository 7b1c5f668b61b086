import { type ComponentChildren, Fragment } from 'preact'
import type { DocsNode, DocsProblem } from '../shape.ts'
import { fullName, kindOf, nodeById } from './model.ts'
import { to } from './route.ts'

/** The page's only heading, with a line about it. */
export function Title({ eyebrow, children, lead }: { eyebrow?: ComponentChildren; children: ComponentChildren; lead?: ComponentChildren }) {
  return (
    <header class="title">
      {eyebrow && <p class="eyebrow">{eyebrow}</p>}
      <h1 tabIndex={-1}>{children}</h1>
      {lead && <div class="lead">{lead}</div>}
    </header>
  )
}

/** A section of a page with its own heading. */
export function Section({
  id,
  name,
  aside,
  children,
}: {
  id?: string
  name: string
  aside?: ComponentChildren
  children: ComponentChildren
}) {
  const key = id ?? name.toLowerCase().replaceAll(/\W+/g, '-')
  return (
    <section class="section" aria-labelledby={`s-${key}`}>
      <div class="section-head">
        <h2 id={`s-${key}`}>{name}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** A number with its name. */
export function Figure({ value, name, href, tone }: { value: string; name: string; href?: string; tone?: string }) {
  const inner = (
    <>
      <span class={`figure-value ${tone ?? ''}`}>{value}</span>
      <span class="figure-name">{name}</span>
    </>
  )
  return href ? (
    <a class="figure" href={href}>
      {inner}
    </a>
  ) : (
    <div class="figure">{inner}</div>
  )
}

/** Figures in a row. */
export function Figures({ children }: { children: ComponentChildren }) {
  return <div class="figures">{children}</div>
}

/** A sign and a readable word for pass, fail, success, …: colour is never the only mark. */
export function Status({ status }: { status: string }) {
  const [tone, sign, word] = STATUS[status] ?? ['muted', '·', status]
  return (
    <span class={`status ${tone}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  )
}

/** The colour class of a status. */
export function toneOf(status: string): string {
  return STATUS[status]?.[0] ?? 'muted'
}

/** A link to a node, with a dot in the colour of its layer. */
export function NodeLink({ id, full = true }: { id: string; full?: boolean }) {
  const node = nodeById.get(id)
  if (!node) return <span class="mono">{id}</span>
  return (
    <a class="mono nodelink" href={to(['node', id])}>
      <Dot node={node} />
      <Name text={full ? fullName(node) : node.name} />
    </a>
  )
}

/** A name that may break after an underscore or a dot. */
export function Name({ text }: { text: string }) {
  return (
    <>
      {text.split(/(?<=[_.])/).map((part, at) => (
        <Fragment key={String(at)}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </>
  )
}

/** The colour of a node's layer. */
export function Dot({ node }: { node: DocsNode }) {
  return <span class={`dot ${layerOf(node)}`} aria-hidden="true" />
}

/** The colour class of a node, one of six: by its kind, or by the position of its schema in the data flow. */
export function layerOf(node: DocsNode): string {
  if (node.resourceType === 'source') return 'layer-source'
  if (node.resourceType === 'seed') return 'layer-seed'
  return `layer-${layers.get(node.schema) ?? 'a'}`
}

const depths = new Map<string, number>()

/** Schemas of models with their colour classes, for a legend. */
export const layers: Map<string, string> = (() => {
  const schemas = new Map<string, number[]>()
  for (const node of nodeById.values())
    if (node.resourceType === 'model' || node.resourceType === 'snapshot')
      schemas.set(node.schema, [...(schemas.get(node.schema) ?? []), depthOf(node)])
  const mean = (list: number[]) => list.reduce((sum, one) => sum + one, 0) / list.length
  const ordered = [...schemas].sort((a, b) => mean(a[1]) - mean(b[1]))
  return new Map(ordered.map(([schema], index) => [schema, 'abcdef'[index % 6]!]))
})()

/** A word in a rounded frame. */
export function Tag({ children }: { children: ComponentChildren }) {
  return <span class="tag">{children}</span>
}

/** A node's `table`, `view`, … */
export function Kind({ node }: { node: DocsNode }) {
  return <Tag>{kindOf(node)}</Tag>
}

/** The mistakes and warnings of the project. */
export function Problems({ problems, tone }: { problems: DocsProblem[]; tone: 'bad' | 'warn' }) {
  if (problems.length === 0) return null
  const word = tone === 'bad' ? 'error' : 'warning'
  const list = (
    <ul class="problems">
      {problems.map(problem => (
        <li>
          <p class="strong">{problem.message}</p>
          {problem.file && (
            <p class="small mono">
              {[problem.file, problem.line, problem.column].filter(part => part !== null).join(':')}
              {problem.node && nodeById.has(problem.node) && (
                <>
                  {' · '}
                  <NodeLink id={problem.node} />
                </>
              )}
            </p>
          )}
          {problem.frame && (
            <pre class="frame" tabIndex={0}>
              {problem.frame}
            </pre>
          )}
          {problem.hint && <p class="small">{problem.hint}</p>}
        </li>
      ))}
    </ul>
  )
  const name = `${problems.length} ${word}${problems.length === 1 ? '' : 's'} in the project`
  if (tone === 'bad')
    return (
      <section class="notice bad" aria-label="Mistakes">
        <h2>{name}</h2>
        <p>This page shows what could be read. Fix these and run docs generate again.</p>
        {list}
      </section>
    )
  return (
    <details class="notice warn">
      <summary>{name}</summary>
      {list}
    </details>
  )
}

/** Shown where there is nothing to show. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>
}

const STATUS: Record<string, [tone: string, sign: string, word: string]> = {
  pass: ['good', '✓', 'passed'],
  success: ['good', '✓', 'built'],
  published: ['good', '✓', 'published'],
  tested: ['good', '✓', 'tested'],
  unchanged: ['muted', '=', 'nothing new'],
  warn: ['warn', '!', 'warning'],
  warning: ['warn', '!', 'warning'],
  refused: ['bad', '✗', 'refused'],
  repaired: ['warn', '!', 'repaired'],
  interrupted: ['warn', '!', 'interrupted'],
  fail: ['bad', '✗', 'failed'],
  failed: ['bad', '✗', 'failed'],
  error: ['bad', '✗', 'error'],
  skipped: ['muted', '–', 'skipped'],
  running: ['muted', '…', 'running'],
}

/** The longest path in steps from a node without parents. */
export function depthOf(node: DocsNode, seen: Map<string, number> = depths): number {
  const known = seen.get(node.uniqueId)
  if (known !== undefined) return known
  seen.set(node.uniqueId, 0)
  const depth = 1 + Math.max(0, ...node.dependsOn.map(id => (nodeById.has(id) ? depthOf(nodeById.get(id)!, seen) : 0)))
  seen.set(node.uniqueId, depth)
  return depth
}
