import { ProjectError } from './errors.ts'

/** The next step after an error of PostgreSQL that the statement itself did not cause; undefined for all others. */
export function remedyOf({ code = '', message }: { code?: string; message: string }): string | undefined {
  if (code === '57014' && !message.includes('statement timeout')) return undefined
  return remedies[code]
}

const remedies: Record<string, string> = {
  '57014':
    "The server ends statements that take longer than statement_timeout. Raise it: alter role … set statement_timeout = '1h', or add ?options=-c%20statement_timeout%3D0 to DATABASE_URL.",
  '55P03':
    'Another session holds a lock on what is to be written, for longer than lock_timeout. See who: select pid, state, query from pg_stat_activity where pid = any(select unnest(pg_blocking_pids(pid)) from pg_stat_activity). Let it end, or raise lock_timeout, and run it again.',
  '53100':
    'The disk of the server is full. Make room on it and run it again: files that landed stay, of all others and of the build nothing is left.',
  '53200': 'The server is out of memory. Lower work_mem or max_connections there, or give it more, and run it again.',
  '53300':
    'All connections of the server, or of this user, are taken. Close some, or raise max_connections or the connection limit of the user.',
  '25006': 'The server, or this session, is read-only: is it a replica? Point DATABASE_URL at the primary.',
  '42501': 'The user of DATABASE_URL lacks a right: npx tsx run.ts debug says what to grant.',
}

/** A readable error for a file or folder that cannot be written; undefined for all other errors. */
export function unwritable(error: unknown): ProjectError | undefined {
  const { code = '', path, syscall } = (error ?? {}) as NodeJS.ErrnoException
  const reason = unwritableReasons[code]
  // The error of a disk that fills up during a write does not name the file.
  const file = path ?? (syscall === 'write' ? 'a file' : undefined)
  if (!reason || !file) return undefined
  return new ProjectError(`Cannot write ${file}: ${reason}`, {
    hint: 'Name folders that can be written: --target-path for artifacts, --log-path for logs.',
    cause: error,
  })
}

const unwritableReasons: Record<string, string> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ENOTDIR: 'its parent is not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
}
