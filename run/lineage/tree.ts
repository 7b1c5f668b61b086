import { loadModule, parseSync, type Node as Tree } from 'libpg-query'

/** A node of PostgreSQL's parse tree: an object whose only key says what it is. */
export type { Tree }

/** What a node of the parse tree can be. */
export type Tag = Tree extends infer T ? (T extends unknown ? keyof T : never) : never

/** The content of a node of a kind. */
export type Body<T extends Tag> = Extract<Tree, Record<T, unknown>> extends infer N ? (T extends keyof N ? N[T] : never) : never

/** Makes PostgreSQL's parser ready; needed once before parseStatements. */
export async function loadParser(): Promise<void> {
  await loadModule()
}

/** The statements of a text, by PostgreSQL's own parser. Throws what the parser says. */
export function parseStatements(sql: string): Tree[] {
  return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : []))
}

/** What a node is. */
export function tagOf(tree: Tree): Tag {
  return Object.keys(tree)[0] as Tag
}

/** The content of a node when it is of this kind. */
export function as<T extends Tag>(tree: Tree | undefined, tag: T): Body<T> | undefined {
  return tree && tag in tree ? (tree as Record<T, Body<T>>)[tag] : undefined
}

/** The text of a String node. */
export function textOf(tree: Tree | undefined): string | undefined {
  return as(tree, 'String')?.sval ?? (as(tree, 'String') ? '' : undefined)
}

/** The texts of String nodes. */
export function textsOf(trees: readonly Tree[] | undefined): string[] {
  return (trees ?? []).flatMap(tree => textOf(tree) ?? [])
}

/** A constant: its text, whole number or null; undefined for anything else. Casts of constants count. */
export function constantOf(tree: Tree | undefined): string | number | null | undefined {
  const cast = as(tree, 'TypeCast')
  if (cast) return constantOf(cast.arg)
  const constant = as(tree, 'A_Const')
  if (!constant) return undefined
  if (constant.isnull) return null
  if (constant.ival) return constant.ival.ival ?? 0
  return constant.sval?.sval ?? (constant.sval ? '' : undefined)
}

/** The name of a type without its schema: `jsonb`, `int4`; arrays with `[]`. */
export function typeNameOf(tree: Body<'TypeName'> | undefined): string {
  return `${textsOf(tree?.names).at(-1) ?? ''}${(tree?.arrayBounds?.length ?? 0) > 0 ? '[]' : ''}`
}
