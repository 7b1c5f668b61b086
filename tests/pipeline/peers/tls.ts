import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'

/** A TLS server before a plain one, which need not know of it. */
export interface TlsServer {
  port: number
  /** The number of encrypted connections. */
  encrypted(): number
  close(): Promise<void>
}

/**
 * Creates an authority and its certificate for `localhost` in a folder: root.crt, server.crt, server.key; other.crt is of another
 * authority. Requires openssl.
 */
export function makeCertificates(folder: string): void {
  const run = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' })
  for (const name of ['root', 'other'])
    run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    )
  run('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr')
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost\n')
  run(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'root.crt',
    '-CAkey',
    'root.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    'names',
    '-out',
    'server.crt',
  )
}

/** Starts it before the server at a local port. `mode`: no answers like a server without TLS, broken fails in the handshake. */
export async function startTls(folder: string, port: number, mode: 'yes' | 'no' | 'broken' = 'yes'): Promise<TlsServer> {
  const [key, cert] = ['server.key', 'server.crt'].map(name => readFileSync(join(folder, name)))
  const open = new Set<Socket>()
  let encrypted = 0
  const server = createServer(client => {
    open.add(client)
    client
      .on('error', () => {})
      .once('data', first => {
        if (first.readInt32BE(4) !== SSL_REQUEST) return passOn(client, first)
        if (mode === 'no') {
          client.write('N')
          client.once('data', start => passOn(client, start))
          return
        }
        client.write('S')
        if (mode === 'broken') return void client.once('data', () => client.destroy())
        encrypted++
        passOn(new TLSSocket(client, { isServer: true, key, cert }).on('error', () => {}))
      })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    encrypted: () => encrypted,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }

  function passOn(client: Socket, first?: Buffer): void {
    const behind = connect({ port, host: '127.0.0.1' }).on('error', () => client.destroy())
    if (first) behind.write(first)
    client.pipe(behind).pipe(client)
  }
}

const SSL_REQUEST = 80877103
