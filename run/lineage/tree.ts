import { loadModule, parseSync, type Node as Tree } from 'libpg-query'

/** A node of PostgreSQL's parse tree: an object whose only key is its kind. */
export type { Tree }

/** The kinds of nodes in a parse tree. */
export type Tag = Tree extends infer T ? (T extends unknown ? keyof T : never) : never

/** The content of a node of a kind. */
export type Body<T extends Tag> = Extract<Tree, Record<T, unknown>> extends infer N ? (T extends keyof N ? N[T] : never) : never

/** Loads PostgreSQL's parser; needed once before parseStatements. */
export async function loadParser(): Promise<void> {
  await loadModule()
}

/** Parses the statements of a text with PostgreSQL's own parser. Throws its errors. */
export function parseStatements(sql: string): Tree[] {
  return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt] : []))
}

/** The kind of a node. */
export function tagOf(tree: Tree): Tag {
  return Object.keys(tree)[0] as Tag
}

/** The content of a node of this kind; undefined for others. */
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

/** A constant's text, whole number or null; undefined for anything else. Casts of constants count. */
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
