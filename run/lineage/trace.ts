import { queryOutput, unknownOutput } from './query.ts'
import type { Output, World } from './relation.ts'
import { NO_TABLES, type Scope } from './scope.ts'
import { type Changed, changedOutput } from './statement.ts'
import { parseStatements, type Tree } from './tree.ts'

/**
 * The sources of each column of a query, one step up: columns of the relations that it reads. What cannot be traced has a reason. Call
 * loadParser first.
 */
export function traceQuery(sql: string, world: World): Output {
  const trees = parsed(sql)
  if (typeof trees === 'string') return unknownOutput(trees)
  if (trees.length !== 1)
    return unknownOutput(trees.length === 0 ? 'there is no SQL' : `these are ${trees.length} statements, not one query`)
  return safely(() => queryOutput(trees[0], bare(world))) ?? unknownOutput(TOO_DEEP)
}

/** What the statements of a text write into tables: INSERT, UPDATE, MERGE, CREATE TABLE AS, CREATE VIEW. */
export function traceStatements(sql: string, world: World): Changed[] {
  const trees = parsed(sql)
  return typeof trees === 'string' ? [] : trees.flatMap(tree => safely(() => changedOutput(tree, bare(world))) ?? [])
}

const TOO_DEEP = 'the SQL is nested too deeply'

function bare(world: World): Scope {
  return { world, tables: NO_TABLES, ctes: new Map() }
}

function parsed(sql: string): Tree[] | string {
  try {
    return parseStatements(sql)
  } catch (error) {
    return `PostgreSQL's parser says: ${(error as Error).message}`
  }
}

function safely<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
