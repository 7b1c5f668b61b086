/** "Did you mean 'agent_id'?" where a candidate is close to the name, else undefined. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const allowed = Math.max(1, Math.floor(name.length / 3))
  let best: string | undefined
  let least = allowed + 1
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) >= least) continue
    const edits = candidate.toLowerCase() === name.toLowerCase() ? 0 : distance(name, candidate)
    if (edits < least) [best, least] = [candidate, edits]
  }
  return best === undefined ? undefined : `Did you mean '${best}'?`
}

/** "Use a pre_hook instead: it runs in the same session." for `a pre_hook: it runs …`; what begins with `nothing: ` is to be removed. */
export function useInstead(instead: string): string {
  const [, what = instead, why] = /^((?:[^`:]|`[^`]*`|:(?! ))*): (.*)$/s.exec(instead) ?? []
  return what === 'nothing' ? `Remove it: ${why}.` : `Use ${what} instead${why === undefined ? '' : `: ${why}`}.`
}

/** The number of letters to insert, remove, replace or swap with their neighbour to turn one word into the other. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = above
    above = row
  }
  return above[to.length] ?? 0
}
