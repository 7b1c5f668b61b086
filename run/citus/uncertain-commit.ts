import { ProjectError } from '../base/errors.ts'
import type { Notice } from '../database/driver.ts'

/** Watches a connection's warnings for commits that may not have reached a worker. */
export interface Doubts {
  onNotice(notice: Notice): void
  /** Throws after such a warning. */
  check(): void
}

/** Citus commits on the coordinator first: when a worker dies right after that, there is only a warning. */
export function createDoubts(): Doubts {
  const nodes = new Set<string>()
  return {
    onNotice({ message = '' }) {
      const node = /failed to commit (?:prepared )?transaction(?: '[^']*')? on (\S+)/.exec(message)?.[1]
      if (node) nodes.add(node)
    },
    check() {
      if (nodes.size === 0) return
      throw new ProjectError(`Uncertain commit: the work is committed, but ${[...nodes].join(' and ')} may not show it yet`, {
        hint: 'Readers may see partial data until that node is back and finishes the commit: then run `select recover_prepared_transactions()` on the coordinator, or repeat the command, which does the same.',
      })
    },
  }
}
