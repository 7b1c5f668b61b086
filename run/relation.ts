import type { Node } from './node.ts'

/** A relation as templates see it: printed it is `"db"."schema"."name"`. */
export interface Relation {
  database: string | null
  schema: string | null
  identifier: string
  type?: string | null
}

/** The relation that a model, seed or source stands for. */
export function relationOf(node: Node): Relation {
  return { database: node.database, schema: node.schema, identifier: node.alias, type: null }
}

/** A name in double quotes. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
