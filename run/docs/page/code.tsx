import { useState } from 'preact/hooks'
import { nodes } from './model.ts'
import { to } from './route.ts'
import { tokensOf } from './sql.ts'

/** SQL with colours; a ref('x') links to x. */
export function Code({ text, name }: { text: string; name: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard?.writeText(text).catch(() => {})
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <div class="code">
      <button type="button" class="quiet copy" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
        <span class="hidden"> {name}</span>
      </button>
      <pre tabIndex={0} role="region" aria-label={name}>
        <code>
          {tokensOf(text).map(({ kind, text: piece }) =>
            kind === 'plain' ? piece : <span class={`t-${kind}`}>{kind === 'jinja' ? linked(piece) : piece}</span>,
          )}
        </code>
      </pre>
    </div>
  )
}

function linked(jinja: string) {
  const call = /\b(ref|source)\(([^()]*)\)/.exec(jinja)
  if (!call) return jinja
  const names = [...call[2]!.matchAll(/'([^']*)'|"([^"]*)"/g)].map(match => match[1] ?? match[2])
  const node = nodes.find(
    one =>
      one.name === names.at(-1) &&
      (one.resourceType === 'source') === (call[1] === 'source') &&
      (call[1] === 'ref' || one.sourceName === names[0]),
  )
  if (!node) return jinja
  const at = call.index
  return (
    <>
      {jinja.slice(0, at)}
      <a href={to(['node', node.uniqueId])}>{call[0]}</a>
      {jinja.slice(at + call[0].length)}
    </>
  )
}
