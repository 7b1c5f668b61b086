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
    'Another session has held a lock on a relation of this run for longer than lock_timeout. To find it: select pid, state, query from pg_stat_activity where pid = any(select unnest(pg_blocking_pids(pid)) from pg_stat_activity). Let it end, or raise lock_timeout, and run it again.',
  '53100': 'The disk of the server is full. Free some space and run it again: files that landed are kept, everything else was rolled back.',
  '53200': 'The server is out of memory. Lower work_mem or max_connections, or add memory, and run it again.',
  '53300':
    'All connections of the server, or of this user, are taken. Close some, or raise max_connections or the connection limit of the user.',
  '25006': 'The server, or this session, is read-only: is it a replica? Point DATABASE_URL at the primary.',
  '42501': 'The user of DATABASE_URL lacks a privilege: npx tsx run.ts debug shows what to grant.',
}

/** A readable error for a file or folder that cannot be written; undefined for all other errors. */
export function unwritable(error: unknown): ProjectError | undefined {
  const { code = '', path, syscall } = (error ?? {}) as NodeJS.ErrnoException
  const reason = unwritableReasons[code]
  // The error of a disk that fills up during a write does not name the file.
  const file = path ?? (syscall === 'write' ? 'a file' : undefined)
  if (!reason || !file) return undefined
  return new ProjectError(`Cannot write ${file}: ${reason}`, {
    hint: 'Name writable folders: --target-path for artifacts, --log-path for logs.',
    cause: error,
  })
}

const unwritableReasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'its parent is not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota of this user is used up',
}
