import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { type Parameters, refuse, textOf } from './connection-url.ts'

/** Encryption as libpq's sslmode has it; certificates and keys as PEM. */
export interface Tls {
  mode: (typeof MODES)[number]
  /** The authorities that may sign the server's certificate; undefined for those of the system. */
  ca?: string
  cert?: string
  key?: string
  passphrase?: string
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

/** The encryption that parameters ask for, with the files that they or libpq's defaults name. Throws where psql would refuse it too. */
export function tlsOf(known: Parameters): Tls {
  const text = (name: string) => textOf(known, name)
  const mode = (text('sslmode') ?? 'prefer') as Tls['mode']
  if (!MODES.includes(mode)) refuse(known, 'sslmode', `invalid sslmode '${mode}': expected one of ${MODES.join(', ')}`)
  const folder = path.join(homedir(), '.postgresql')
  const rootFile = text('sslrootcert') ?? defaultFile(path.join(folder, 'root.crt'))
  const isSystem = rootFile === 'system'
  if (isSystem && text('sslmode') !== undefined && mode !== 'verify-full')
    refuse(known, 'sslmode', `sslmode=${mode} cannot be combined with sslrootcert=system`, 'Use verify-full.')
  const ca = isSystem || mode === 'disable' ? undefined : contentOf(known, 'sslrootcert', rootFile)
  if (mode.startsWith('verify-') && !isSystem && ca === undefined)
    refuse(
      known,
      'sslmode',
      `sslmode=${mode} needs a certificate to trust`,
      `Name it with sslrootcert (or put it into ${folder}/root.crt); sslrootcert=system trusts those of the system.`,
    )
  const own = (name: string, file: string) => contentOf(known, name, text(name) ?? defaultFile(path.join(folder, file)))
  const cert = mode === 'disable' ? undefined : own('sslcert', 'postgresql.crt')
  const key = cert === undefined ? undefined : own('sslkey', 'postgresql.key')
  const passphrase = text('sslpassword')
  return {
    mode: isSystem ? 'verify-full' : mode,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase && { passphrase }),
  }
}

function contentOf(known: Parameters, name: string, file: string | undefined): string | undefined {
  if (!file) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return refuse(known, name, `${name}=${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function defaultFile(file: string): string | undefined {
  return existsSync(file) ? file : undefined
}
