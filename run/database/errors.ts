import { ProjectError } from '../base/errors.ts'

/** The error for a connection that broke in the middle of the work; undefined for any other error. */
export function lostConnection(error: unknown): ProjectError | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, message, cause } = error as Error & { code?: string }
  if (error instanceof ProjectError && code === 'connection-lost') return error
  if (code && lost.has(code)) return connectionLost(message)
  return cause ? lostConnection(cause) : undefined
}

/** Whether the same work may succeed when repeated: the cause is the server or other sessions, not the data. */
export function isRepeatable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, cause, message } = error as Error & { code?: string }
  // A Citus coordinator reports a lost worker with the code of an internal error.
  if (code === 'XX000' && WORKER_GONE.test(message)) return true
  return lostConnection(error) !== undefined || passing.has(code ?? '') || isRepeatable(cause)
}

// Messages of the coordinator itself, and those that it passes on from its connection to the worker.
const WORKER_GONE =
  /^(failure on connection marked as essential|SSL SYSCALL error|SSL connection has been closed|server closed the connection)/

// Serialization failure, deadlock, too many connections, cannot connect now.
const passing = new Set(['40001', '40P01', '53300', '57P03'])

/** The error for a server that stopped answering. */
export function connectionLost(message: string): ProjectError {
  const hint = 'Nothing was published; readers see the last published build. Run it again when the server is back.'
  return new ProjectError(`The connection to the database was lost: ${message}`, { hint, code: 'connection-lost' })
}

/** The error for a node of a cluster that does not answer the coordinator. */
export function nodeAway(message: string, hint: string): ProjectError {
  return new ProjectError(message, { hint, code: 'node-away' })
}

/** Whether a server, or a node of its cluster, is unreachable: on the first attempt its owner has to act, later it may come back. */
export function isAway(error: unknown): boolean {
  return (error as { code?: string }).code === 'node-away' || isUnreachable(error)
}

/** Whether nobody answers at the address: on the first attempt it is wrong, later the server is gone. */
export function isUnreachable(error: unknown): boolean {
  const { code, cause } = error as { code?: string; cause?: unknown }
  return ['ECONNREFUSED', 'CONNECT_TIMEOUT'].includes(code ?? '') || (cause !== undefined && isUnreachable(cause))
}

const lost = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '08006',
  '08003',
])
