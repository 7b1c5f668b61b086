/** A seeded source of numbers: the same words give the same numbers on every machine. */
export interface Random {
  /** At least 0, below 1. */
  next(): number
  /** A whole number from `from` to `to`, both inclusive. */
  int(from: number, to: number): number
  pick<T>(choices: readonly T[]): T
  chance(share: number): boolean
  digits(length: number): string
  /** Continues as if it had been created for these words, which is cheaper than a new source for each of a million records. */
  restart(...words: (number | string)[]): Random
}

/** A source for these words, e.g. a seed, an entity and a record's number. */
export function randomOf(...words: (number | string)[]): Random {
  let state = hashOf(...words)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const random: Random = {
    next,
    int,
    pick: choices => choices[Math.floor(next() * choices.length)] as never,
    chance: share => next() < share,
    digits: length => {
      let digits = ''
      while (digits.length < length) digits += int(0, 99_999_999).toString().padStart(8, '0')
      return digits.slice(0, length)
    },
    restart: (...other) => {
      state = hashOf(...other)
      return random
    },
  }
  return random
}

/** A 32-bit hash; calls that differ only in their last number have different hashes. */
export function hashOf(...words: (number | string)[]): number {
  let hash = 0x9e3779b9
  for (const word of words) {
    if (typeof word === 'number') hash = mix(hash ^ word)
    else for (let i = 0; i < word.length; i++) hash = mix(hash ^ word.charCodeAt(i))
  }
  return hash >>> 0
}

function mix(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
