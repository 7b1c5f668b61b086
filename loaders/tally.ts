import type { Judged } from './judge.ts'
import type { Landed, Signs } from './ledger.ts'
import type { Document, FileBundle } from './record-batches.ts'
import { Refusal } from './refusal.ts'
import type { Source } from './source.ts'

/** What the bundles of one file come to. */
export interface Tally {
  records: number
  rejected: Map<string, number>
  foreign: number
  /** Throws a Refusal when the verdicts show that the file holds no record of the entity. */
  add(bundle: FileBundle, judged: Judged): void
  /** To be called after the last bundle; throws a Refusal too. Gives what the file says of itself. */
  end(document: Document): Signs
}

/** A tally of a new file. */
export function createTally(): Tally {
  let firstForeign: string | undefined
  let traced: string | undefined
  return {
    records: 0,
    rejected: new Map(),
    foreign: 0,
    add({ unterminated }, judged) {
      if (judged.broken) throw new Refusal(judged.broken)
      if (unterminated && judged.lastBroken) throw new Refusal('ends in the middle of its last line')
      this.records += judged.records
      this.foreign += judged.foreign
      firstForeign ??= judged.firstForeign
      traced ??= judged.traced
      addCounts(this.rejected, judged.rejected)
    },
    end({ isBlank, beside }) {
      if (this.records > 0 && this.foreign === this.records)
        throw new Refusal(`contains no record of its entity: ${this.records > 1 ? 'the first ' : ''}${firstForeign}`)
      const shortfall = isBlank
        ? 'is empty'
        : beside?.errors !== undefined
          ? `has errors beside its records: ${beside.errors.slice(0, QUOTED)}`
          : traced !== undefined
            ? `has a TRACE message of type ERROR: ${traced.slice(0, QUOTED)}`
            : undefined
      return { foreign: this.foreign, shortfall, hasNextPage: beside?.hasNextPage ?? false }
    },
  }
}

const QUOTED = 200

/** Adds the counts of one map to another. */
export function addCounts(sums: Map<string, number>, more: Map<string, number>): void {
  for (const [key, count] of more) sums.set(key, (sums.get(key) ?? 0) + count)
}

/**
 * Completes a file that was read to its end with its hash and its counts. Throws a Refusal where its records show that it is not of the
 * entity.
 */
export function finish(landed: Landed, tally: Tally, source: Source, document: Document): Landed {
  const signs = tally.end(document)
  return { ...landed, sha256: source.finish(), records: tally.records, rejected: tally.rejected, signs }
}
