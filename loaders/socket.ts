import type { Socket } from 'node:net'

/**
 * The socket of a session, for large amounts of data inside a COPY that the driver began: it would copy them once more. undefined where
 * none is known, or the connection is encrypted.
 */
export function socketOf(session: object): Socket | undefined {
  return sockets.get(session)
}

/** Tells the socket of a session whose bytes go over it as they are. */
export function knowSocket(session: object, socket: Socket): void {
  sockets.set(session, socket)
}

const sockets = new WeakMap<object, Socket>()
