import { isIP, connect as open, type Socket } from 'node:net'
import path from 'node:path'
import { type ConnectionOptions, connect as secure, type TLSSocket } from 'node:tls'
import { ProjectError } from '../base/errors.ts'
import { type Address, describeAddress } from './address.ts'

/**
 * Opens a socket that is ready for the startup message: connected, and encrypted as sslmode says, by the rules of libpq. With `prefer` a
 * server without working TLS is used without encryption; with `allow` TLS is not asked for. Throws a ProjectError when a server lacks TLS
 * that is required, or is not who it should be.
 */
export async function openSocket(address: Address): Promise<Socket> {
  const socket = await establish(address)
  socket.setTimeout(0)
  return socket
}

async function establish(address: Address): Promise<Socket> {
  const { mode } = address.tls
  const plain = await dial(address)
  if (address.host.startsWith('/') || mode === 'disable' || mode === 'allow') return plain
  try {
    const answer = await askForTls(plain)
    if (answer === 'S') return await encrypt(plain, address)
    if (answer === 'N' && mode === 'prefer') return plain
    const what = answer === 'N' ? 'the server has no TLS' : 'it does not answer as a PostgreSQL server'
    throw new ProjectError(`${describeAddress(address)} (${address.from}): ${what}, and sslmode is ${mode}`, {
      hint: answer === 'N' ? 'Turn on ssl in the server, or set sslmode=prefer or disable on a trusted network.' : undefined,
      code: 'tls',
    })
  } catch (error) {
    plain.destroy()
    if (mode === 'prefer' && (error as { code?: string }).code === 'tls') return dial(address)
    throw error
  }
}

// The driver leaves Nagle's algorithm on, so that the end of each COPY would wait some 40 ms for an acknowledgement.
function dial({ host, hostaddr, port, connectSeconds }: Address): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = host.startsWith('/') ? open(path.join(host, `.s.PGSQL.${port}`)) : open({ host: hostaddr ?? host, port, noDelay: true })
    const timedOut = Object.assign(new Error(`no answer in ${connectSeconds} seconds`), { code: 'CONNECT_TIMEOUT' })
    socket.setTimeout(connectSeconds * 1000, () => socket.destroy(timedOut))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** The server's answer of one byte: S for yes, N for no. More bytes would come from somebody in between. */
function askForTls(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const ended = (error?: Error) => reject(error ?? Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' }))
    socket.once('error', ended).once('close', ended)
    socket.once('data', bytes => {
      socket.off('error', ended).off('close', ended)
      if (bytes.length === 1) resolve(bytes.toString('latin1'))
      else reject(new ProjectError('Unexpected data from the server before TLS begins: possibly a man in the middle'))
    })
    socket.write(SSL_REQUEST)
  })
}

function encrypt(plain: Socket, address: Address): Promise<TLSSocket> {
  const { ca, cert, key, passphrase, mode } = address.tls
  const { host, connectSeconds } = address
  const isVerified = ca !== undefined || mode.startsWith('verify-')
  const options: ConnectionOptions = {
    socket: plain,
    rejectUnauthorized: isVerified,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    // Only verify-full checks the name in the certificate.
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  }
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const hint = isVerified
        ? 'Set sslrootcert to the authority that signed the certificate, and use the host name of the certificate.'
        : undefined
      reject(
        new ProjectError(`${describeAddress(address)} (${address.from}): TLS failed: ${error.message}`, {
          hint,
          cause: error,
          code: 'tls',
        }),
      )
    }
    const socket = secure(options)
    socket.setTimeout(connectSeconds * 1000, () => socket.destroy(new Error(`no answer in ${connectSeconds} seconds`)))
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      socket.off('error', fail).setTimeout(0)
      resolve(socket)
    })
  })
}

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
