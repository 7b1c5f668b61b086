import { sha256 } from '../base/hash.ts'
import type { Definition } from '../graph/definition.ts'
import type { Node, Project } from '../manifest/node.ts'
import { isLive } from './watermarks.ts'

/** The state of a relation, in parts: each is another text whenever a build changed that part. */
export interface Mark {
  /** Its rows or columns. */
  rows: string
  /** Its rows or columns, except for changes of landing that incremental models look up themselves. */
  remade: string
  /** Its columns and their types. */
  columns: string
}

/** The marks of relations during a build: those published, updated by what this build has changed so far. */
export interface Marks {
  /** Undefined where unknown: never published, a source that nobody stamps, a view on one of these or on the current time. */
  of(id: string): Mark | undefined
  /** The marks of the node's parents, to be stored as those that it has seen. */
  seenBy(node: Node): Record<string, Mark>
  /** Notes what the node has become. */
  set(id: string, mark: Mark, readsMore: boolean): void
  /** Sources may have changed: a hook ran. */
  refresh(sources: Map<string, string>): void
}

/** What the marks start from. */
interface MarksFrom {
  project: Project
  published: Map<string, { mark: Mark | null; readsMore: boolean }>
  definitions: Map<string, Definition>
  /** The stamp of the content of each stamped source, by its unique id. */
  sources: Map<string, string>
}

/** The marks as a build begins. */
export function marksOf({ project, published, definitions, sources: stamps }: MarksFrom): Marks {
  const own = new Map<string, { mark: Mark; readsMore: boolean }>()
  for (const [id, { mark, readsMore }] of published) if (mark) own.set(id, { mark, readsMore })
  const known = new Map<string, Mark | undefined>()
  let sources = stamps
  return {
    of,
    seenBy: node =>
      Object.fromEntries(node.dependsOn.flatMap(id => [[id, of(id)] as const].filter(([, mark]) => mark)) as [string, Mark][]),
    set(id, mark, readsMore) {
      own.set(id, { mark, readsMore })
      known.clear()
    },
    refresh(now) {
      sources = now
      known.clear()
    },
  }

  function of(id: string): Mark | undefined {
    if (!known.has(id)) known.set(id, find(id))
    return known.get(id)
  }

  function find(id: string): Mark | undefined {
    const stamp = sources.get(id)
    if (stamp !== undefined) return { rows: stamp, remade: '', columns: '' }
    const node = project.nodes.get(id)
    const one = own.get(id)
    if (!node || !isLive(node)) return one?.mark
    // A view always shows the present rows of its parents: it changes with its definition and with them.
    const { fingerprint = '', isOpen = true } = definitions.get(id) ?? {}
    const parents = node.dependsOn.map(of)
    const isPlain = node.config.materialized === 'ephemeral'
    if (isOpen || one?.readsMore || (!one && !isPlain)) return undefined
    const parts = parents.filter((mark): mark is Mark => mark !== undefined)
    if (parts.length < parents.length) return undefined
    const columns = isPlain ? joined(parts.map(mark => mark.columns)) : one!.mark.columns
    return {
      rows: joined([fingerprint, columns, ...parts.map(mark => mark.rows)]),
      remade: joined([fingerprint, columns, ...parts.map(mark => mark.remade)]),
      columns,
    }
  }
}

function joined(parts: string[]): string {
  return sha256(parts.join(' ')).slice(0, 16)
}
