import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'

/** A server that is up. */
export interface Serving {
  url: string
  close(): Promise<void>
}

/** Serves the page and the artifacts beside it on loopback, read anew at each request. Port 0 is any free one. */
export async function serveDocs(folder: string, port: number): Promise<Serving> {
  const server = createServer(async ({ method, url = '/', headers }, response) => {
    const refuse = (status: number, text: string) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`)
    // A page of the web must not read this one through a name that leads to loopback.
    if (!LOCAL.test(headers.host ?? '')) return refuse(403, 'Only for this machine.')
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'Only GET.')
    const name = url.replace(/[?#].*$/, '').slice(1) || 'index.html'
    const type = FILES.get(name)
    const content = type ? await readFile(path.join(folder, name)).catch(() => undefined) : undefined
    if (!type || !content) return refuse(404, 'There is no such page.')
    response.writeHead(200, {
      'content-type': type,
      'content-length': content.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    })
    response.end(method === 'HEAD' ? undefined : content)
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
  if (error.code === 'EACCES') return new ProjectError(`Port ${port} is not for this user`, { hint: 'Give one above 1023: --port 8080.' })
  return error
}
