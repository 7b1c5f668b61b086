/** The statements that begin and end a piece of work that lands wholly or not at all. */
export interface Words {
  begin: string
  commit: string
  rollback: string
}

/** A transaction of its own for each piece. */
export const own: Words = { begin: 'begin', commit: 'commit', rollback: 'rollback' }

/** All pieces in a transaction that somebody else began. */
export const within: Words = {
  begin: 'savepoint landing',
  commit: 'release savepoint landing',
  rollback: 'rollback to savepoint landing',
}
