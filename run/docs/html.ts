import { createHash } from 'node:crypto'
import path from 'node:path'
import { build } from 'esbuild'
import type { PageData } from './pagedata.ts'

/** The page as one file with its code, styles and data, so that it works from disk. */
export async function htmlOf(data: PageData): Promise<string> {
  const { script, style } = await bundle()
  const body = `<div id="app"></div>
<noscript>This page needs JavaScript. All of it is in this file; nothing is loaded.</noscript>
<script type="application/json" id="data">${escapeJson(JSON.stringify(data))}</script>
<script>${script}</script>`
  return shellOf({ title: data.project.name, style, script, body })
}

/** A document that may run only this script, and load nothing. `body` is HTML; the title is plain text. */
export function shellOf({ title, style, script, body }: { title: string; style: string; script?: string; body: string }): string {
  const policy = [
    "default-src 'none'",
    ...(script === undefined ? [] : [`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`]),
    // Charts and bars have their sizes in style attributes, which cannot load anything.
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`
}

/** Escapes JSON for a script element: the result has no <, and no line end that JavaScript treats differently from JSON. */
export function escapeJson(json: string): string {
  return json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** Escapes a text for HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

async function bundle(): Promise<{ script: string; style: string }> {
  const folder = path.join(import.meta.dirname, 'page')
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, 'main.tsx'), path.join(folder, 'styles/page.css')],
    outdir: path.join(folder, 'out'),
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    legalComments: 'eof',
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const text = (end: string) => outputFiles.find(file => file.path.endsWith(end))!.text.trim()
  // A string of the code that contains the closing tag would end the element.
  return { script: text('.js').replaceAll('</script', '<\\/script'), style: text('.css').replaceAll('</style', '<\\/style') }
}
