import type { ComponentChildren } from 'preact'

/** A description: paragraphs, lists, `code`, **bold**, *stressed* and links. Everything else shows as it was written. */
export function Markdown({ text }: { text: string }) {
  const blocks = text.trim().split(/\n\s*\n/)
  if (text.trim() === '') return null
  return <div class="prose">{blocks.map(block)}</div>
}

/** The same for one line. */
export function Inline({ text }: { text: string }) {
  return <>{inline(text)}</>
}

function block(text: string) {
  const lines = text.split('\n')
  if (lines.every(line => /^\s*([-*]|\d+\.)\s|^\s{2,}\S/.test(line)) && /^\s*([-*]|\d+\.)\s/.test(lines[0] ?? '')) {
    const items = text.split(/\n(?=\s*(?:[-*]|\d+\.)\s)/).map(item => item.replace(/^\s*([-*]|\d+\.)\s+/, ''))
    return (
      <ul>
        {items.map(item => (
          <li>{inline(item)}</li>
        ))}
      </ul>
    )
  }
  const heading = /^#{1,6}\s+(.*)$/.exec(text)
  return heading ? <p class="strong">{inline(heading[1]!)}</p> : <p>{inline(text)}</p>
}

function inline(text: string): ComponentChildren[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/).map((part, index) => {
    if (index % 2 === 0) return part
    if (part.startsWith('`')) return <code>{part.slice(1, -1)}</code>
    if (part.startsWith('**')) return <strong>{part.slice(2, -2)}</strong>
    const [, label, href] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part)!
    // Only the web: a description may come from anywhere.
    return /^https?:\/\//.test(href!) ? <a href={href!}>{label}</a> : part
  })
}
