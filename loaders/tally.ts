import type { Judged } from './judge.ts'
import type { FileBundle } from './record-batches.ts'
import { Refusal } from './refusal.ts'

/** What the bundles of one file come to. */
export interface Tally {
  records: number
  rejected: Map<string, number>
  /** Throws a Refusal when what was judged shows that the whole file is none. */
  add(bundle: FileBundle, judged: Judged): void
  /** To be called after the last bundle; throws a Refusal too. */
  end(): void
}

/** A tally of a new file. */
export function createTally(): Tally {
  let errorBodies = 0
  return {
    records: 0,
    rejected: new Map(),
    add({ unterminated }, judged) {
      if (judged.broken) throw new Refusal(judged.broken)
      if (unterminated && judged.lastBroken) throw new Refusal('ends in the middle of its last line')
      errorBodies += judged.errorBodies
      this.records += judged.records
      addCounts(this.rejected, judged.rejected)
    },
    end() {
      if (this.records > 0 && errorBodies === this.records)
        throw new Refusal('is the body of an error: no record has an id, and all have one of errors, error, message, code, description')
    },
  }
}

/** Adds the counts of one map to another. */
export function addCounts(sums: Map<string, number>, more: Map<string, number>): void {
  for (const [key, count] of more) sums.set(key, (sums.get(key) ?? 0) + count)
}
