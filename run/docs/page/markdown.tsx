import { lexer, type Token, type Tokens } from 'marked'
import { type ComponentChildren, Fragment } from 'preact'

/** Renders Markdown of the project: HTML is shown as text, and links lead only to the web. Headings are one level below `level`. */
export function Markdown({ text, level = 2 }: { text: string; level?: 2 | 3 }) {
  if (text.trim() === '') return null
  return <div class="prose">{blocks(lexer(text), level)}</div>
}

/** The same for one line. */
export function Inline({ text }: { text: string }) {
  return <>{inline(lexer(text).flatMap(token => ('tokens' in token && token.tokens ? token.tokens : [token])))}</>
}

function blocks(tokens: Token[], level: 2 | 3): ComponentChildren[] {
  return tokens.map((token, at) => <Fragment key={String(at)}>{block(token, level)}</Fragment>)
}

function block(token: Token, level: 2 | 3): ComponentChildren {
  switch (token.type) {
    case 'space':
    case 'def':
      return null
    case 'heading':
      return level === 2 && token.depth < 3 ? <h2>{inline(token.tokens)}</h2> : <h3>{inline(token.tokens)}</h3>
    case 'paragraph':
      return <p>{inline(token.tokens)}</p>
    case 'list':
      return list(token as Tokens.List, level)
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [], level)}</blockquote>
    case 'code':
      return <pre>{token.text}</pre>
    case 'hr':
      return <hr />
    case 'table':
      return table(token as Tokens.Table)
    default:
      return 'tokens' in token && token.tokens ? inline(token.tokens) : token.raw
  }
}

function list({ ordered, items }: Tokens.List, level: 2 | 3) {
  const lines = items.map((item, at) => <li key={String(at)}>{blocks(item.tokens, level)}</li>)
  return ordered ? <ol>{lines}</ol> : <ul>{lines}</ul>
}

function table({ header, rows }: Tokens.Table) {
  return (
    <table>
      <thead>
        <tr>
          {header.map((one, at) => (
            <th key={String(at)}>{inline(one.tokens)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, line) => (
          <tr key={String(line)}>
            {row.map((one, at) => (
              <td key={String(at)}>{inline(one.tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function inline(tokens: Token[] | undefined): ComponentChildren[] {
  return (tokens ?? []).map((token, at) => <Fragment key={String(at)}>{word(token)}</Fragment>)
}

function word(token: Token): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens)}</strong>
    case 'em':
      return <em>{inline(token.tokens)}</em>
    case 'del':
      return <del>{inline(token.tokens)}</del>
    case 'codespan':
      return <code>{token.text}</code>
    case 'br':
      return <br />
    case 'escape':
      return token.text
    case 'link':
      // Only links to the web: a description may come from anywhere.
      return /^https?:\/\//.test(token.href) ? <a href={token.href}>{inline(token.tokens)}</a> : token.raw
    case 'text':
      return 'tokens' in token && token.tokens ? inline(token.tokens) : unescaped(token.text)
    default:
      return token.raw
  }
}

// The lexer does not decode entities.
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
}
