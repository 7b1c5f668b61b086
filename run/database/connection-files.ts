import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { ProjectError } from '../base/errors.ts'
import type { Parameters } from './connection-url.ts'

type Environment = Record<string, string | undefined>

/** The parameters of a service of pg_service.conf. Throws a ProjectError where no such file, or none of them, has it. */
export function readService(name: string, env: Environment): Parameters {
  const own = env.PGSERVICEFILE ?? path.join(homedir(), '.pg_service.conf')
  const files = [own, ...(env.PGSYSCONFDIR ? [path.join(env.PGSYSCONFDIR, 'pg_service.conf')] : [])]
  for (const file of files.filter(existsSync)) {
    const found: Parameters = new Map()
    let isOurs = false
    let isThere = false
    for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
      const section = /^\s*\[(.*)\]\s*$/.exec(line)?.[1]
      if (section !== undefined) isOurs = section === name
      isThere ||= isOurs
      const at = line.indexOf('=')
      if (isOurs && section === undefined && at > 0 && !/^\s*#/.test(line))
        found.set(line.slice(0, at).trim(), { value: line.slice(at + 1).trim(), from: `service '${name}' of ${file}` })
    }
    if (isThere) return found
  }
  throw new ProjectError(`There is no service '${name}': looked in ${files.join(', ')}`, {
    hint: 'Correct the name, or name the file with PGSERVICEFILE.',
  })
}

/**
 * The password that a passfile has for a server, as libpq finds it: the first line that fits. Calls `warn` for a file that others may read.
 */
export function passwordOf(
  { host, port, database, user }: { host: string; port: number; database: string; user: string },
  file: string,
  warn: (message: string) => void,
): string | undefined {
  if (!existsSync(file) || !statSync(file).isFile()) return undefined
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    warn(`${file} is ignored: other users can read it (chmod 600)`)
    return undefined
  }
  const wanted = [host, String(port), database, user]
  for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) {
    if (line.startsWith('#')) continue
    // Fields are separated by colons; a backslash escapes the next character.
    const fields = (line.match(/(?:\\.|[^:\\])*(?::|$)/g) ?? []).map(field => field.replace(/:$/, ''))
    if (fields.length < 5) continue
    const plain = fields.map(field => field.replace(/\\(.)/g, '$1'))
    if (wanted.every((value, i) => fields[i] === '*' || plain[i] === value)) return plain[4]
  }
  return undefined
}
