import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'

/** A running server. */
export interface Serving {
  url: string
  close(): Promise<void>
}

/** Serves the page and its artifacts on loopback, read from disk at each request. Port 0 is any free one. */
export async function serveDocs(folder: string, port: number): Promise<Serving> {
  return listen(port, async (name, response) => {
    const type = FILES.get(name)
    const content = type ? await readFile(path.join(folder, name)).catch(() => undefined) : undefined
    if (type && content) give(response, type, content)
    return Boolean(type && content)
  })
}

/** Serves one page on loopback that redraws itself when `changed` is called; `page` is called at each request. */
export async function serveLive(page: () => string, port: number): Promise<Serving & { changed(): void }> {
  const readers = new Set<ServerResponse>()
  const serving = await listen(port, async (name, response) => {
    if (name === 'index.html') give(response, FILES.get(name)!, Buffer.from(withReload(page())))
    else if (name === CHANGES) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write('\n')
      readers.add(response)
      response.on('close', () => readers.delete(response))
    } else return false
    return true
  })
  return {
    ...serving,
    changed() {
      for (const reader of readers) reader.write('data: changed\n\n')
    },
  }
}

// The page allows only its own script, and loads nothing: here one more script is allowed, and its connection.
function withReload(html: string): string {
  const script = `new EventSource('/${CHANGES}').onmessage = () => location.reload()`
  const hash = createHash('sha256').update(script).digest('base64')
  return html
    .replace("script-src '", `connect-src 'self'; script-src 'sha256-${hash}' '`)
    .replace('</body>', () => `<script>${script}</script>\n</body>`)
}

const CHANGES = 'changes'

/** Gives whether the name was found. */
type Answer = (name: string, response: ServerResponse) => Promise<boolean>

async function listen(port: number, answer: Answer): Promise<Serving> {
  const server = createServer(async ({ method, url = '/', headers }, response) => {
    const refuse = (status: number, text: string) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`)
    // A web page must not read this one through a name that resolves to loopback.
    if (!LOCAL.test(headers.host ?? '')) return refuse(403, 'Only accessible from this machine.')
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'Only GET.')
    const name = url.replace(/[?#].*$/, '').slice(1) || 'index.html'
    if (!(await answer(name, response))) refuse(404, 'Page not found.')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, port)))
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function give(response: ServerResponse, type: string, content: Buffer): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': content.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
  })
  response.end(response.req.method === 'HEAD' ? undefined : content)
}

const FILES = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['manifest.json', 'application/json'],
  ['catalog.json', 'application/json'],
  ['run_results.json', 'application/json'],
])

const LOCAL = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

function explain(error: NodeJS.ErrnoException, port: number): unknown {
  if (error.code === 'EADDRINUSE')
    return new ProjectError(`Port ${port} is taken by another program`, { hint: 'Give another one: --port 8081.' })
  if (error.code === 'EACCES') return new ProjectError(`This user may not use port ${port}`, { hint: 'Give one above 1023: --port 8080.' })
  return error
}
