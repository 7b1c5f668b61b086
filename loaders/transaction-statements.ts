import type { Session } from '../run/database/driver.ts'

/** The statements that begin and end a piece of work that lands wholly or not at all. */
export interface Words {
  begin: string
  commit: string
  rollback: string
}

/** A transaction of its own for each piece. */
export const own: Words = { begin: 'begin', commit: 'commit', rollback: 'rollback' }

/** Each piece as a savepoint of a transaction that the caller began. */
export const within: Words = {
  begin: 'savepoint landing',
  commit: 'release savepoint landing',
  rollback: 'rollback to savepoint landing',
}

/** Runs the work in a transaction on each lane; they commit in turn. */
export async function transaction<Result>(lanes: Session[], words: Words, work: () => Promise<Result>): Promise<Result> {
  for (const lane of lanes) await lane.unsafe(words.begin)
  try {
    const result = await work()
    for (const lane of lanes) await lane.unsafe(words.commit)
    return result
  } catch (error) {
    for (const lane of lanes) await lane.unsafe(words.rollback).catch(() => {})
    throw error
  }
}
