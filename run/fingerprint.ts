import type { Project } from './node.ts'

/**
 * sha256 in hex per model and seed: over its source, config, all vars, all macros and the fingerprints of what it depends on, so that
 * an edit changes exactly the fingerprints of what it can affect.
 */
export function fingerprints(_project: Project): Map<string, string> {
  throw new Error('todo')
}
