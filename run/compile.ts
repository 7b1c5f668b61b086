import type { Introspect } from './introspect.ts'
import type { Rendered } from './jinja/render.ts'
import type { Node, Project } from './node.ts'

/** What a node may know when it is rendered for a run. */
export interface RunContext {
  /** Answers run_query() and the adapter; without it a template that asks is a ProjectError ("needs a database"). */
  database?: Introspect
  /** is_incremental(): false when not given. */
  isIncremental?: (node: Node) => boolean
  /** last_built(): 0 when not given. */
  lastBuilt?: (node: Node) => number | bigint
  /** log(message, info=True) and print(), after the last pass. */
  print?: (message: string) => void
  /** exceptions.warn(), after the last pass. */
  warn?: (message: string) => void
  /** More names for the template: pre_hooks, sql, compiled_code … */
  extra?: Record<string, unknown>
}

/** The SQL of a model or test with its ephemeral parents as CTEs before it; '' for a seed. `placeAt` maps its offsets to the analyst's source. */
export async function compileNode(_project: Project, _node: Node, _context: RunContext = {}): Promise<Rendered> {
  throw new Error('todo')
}

/** A template in the context of a node, as hooks are: `{{ this }}`, macros, ref() of what the node may see. `node` null for on-run-start and on-run-end. */
export async function renderText(
  _project: Project,
  _node: Node | null,
  _text: string,
  _place: { file: string; line?: number; column?: number },
  _context: RunContext = {},
): Promise<Rendered> {
  throw new Error('todo')
}

/**
 * Calls a macro by name (own project's first, then the runner's) in the context of a node, with JSON-like values, Relations of
 * `relationOf` and Jinja values as arguments.
 */
export async function renderMacro(
  _project: Project,
  _node: Node | null,
  _name: string,
  _args: Record<string, unknown>,
  _context: RunContext = {},
): Promise<Rendered> {
  throw new Error('todo')
}
