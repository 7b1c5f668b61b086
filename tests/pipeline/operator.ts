import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { Command as Commander } from 'commander'
import type { Options } from '../../run/cli/options.ts'
import { perform } from '../../run/cli/program.ts'
import { commands } from '../../run/commands/commands.ts'
import { feed } from '../../run/feed/extension.ts'
import type { Message } from '../../run/notify/message.ts'
import { printedOn } from '../printed.ts'

/** A receiver of messages, which answers with `status`, or not at all. */
export interface Receiver {
  url: string
  got: Message[]
  status: number | undefined
  close(): void
}

/** The result of a command. */
export interface Printed {
  code: number
  stdout: string
  stderr: string
}

/** Runs commands of a project in this process as run.ts does unattended; quiet unless set otherwise. */
export function operator(project: { dir: string; url: string; data?: string }) {
  const run = (words: string, options?: Partial<Options>) => runWith({}, words, options)
  return { run, runWith }

  async function runWith(env: Record<string, string>, words: string, options: Partial<Options> = {}, isTTY = false): Promise<Printed> {
    const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })]
    const folders = { projectDir: project.dir, ...(project.data ? { data: project.data } : {}) }
    const given = { ...folders, logFormat: 'text' as const, quiet: true, ...options }
    const before = { ...process.env }
    Object.assign(process.env, { DATABASE_URL: project.url, ...env })
    try {
      const code = await perform(words, given, feed, command => commands[words]!.run(command, [], new Commander()), { stdout, stderr })
      return { code, stdout: printedOn(stdout), stderr: printedOn(stderr) }
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
      Object.assign(process.env, before)
    }
  }
}

/** A receiver on a port of its own. */
export function listen(): Promise<Receiver> {
  const one: Receiver = { url: '', got: [], status: 200, close: () => server.closeAllConnections() }
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => (body += chunk))
    request.on('end', () => {
      if (one.status === undefined) return
      if (one.status === 200) one.got.push(JSON.parse(body))
      response.writeHead(one.status).end()
    })
  })
  server.unref()
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => {
      one.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve(one)
    }),
  )
}
