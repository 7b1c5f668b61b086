import type { Project } from './node.ts'
import type { ProjectFiles } from './project.ts'

/** Renders every node once with execute = false and links what ref() and source() name. Throws ProjectErrors with all mistakes. */
export function parseProject(_files: ProjectFiles): Project {
  throw new Error('todo')
}
