import { ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { typeNames } from '../database/relations.ts'
import { contractColumns } from '../manifest/contract.ts'
import type { Node } from '../manifest/node.ts'
import { aligned } from '../report/format.ts'

/**
 * Checks a query against the node's contract: the same columns by name, of the same types, in any order. PostgreSQL describes both sides
 * without running them. Throws a ProjectError with a line for each column that differs.
 */
export async function enforceContract(sql: Sql, node: Node, query: string): Promise<void> {
  const promised = await describe(
    sql,
    `select ${contractColumns(node)
      .map(({ name, type }) => `null::${type} as ${name}`)
      .join(', ')}`,
  ).catch(error => {
    throw new ProjectError(`The contract of ${node.name} has a data_type that PostgreSQL does not know: ${(error as Error).message}`, {
      place: node.patch ?? node.place,
    })
  })
  const given = await describe(sql, query)
  const reasons = [...new Set([...given.keys(), ...promised.keys()])].flatMap(name => {
    const [is, should] = [given.get(name), promised.get(name)]
    if (is === should) return []
    const reason = is === undefined ? 'missing in definition' : should === undefined ? 'missing in contract' : 'data type mismatch'
    return [[name, is ?? '', should ?? '', reason]]
  })
  if (reasons.length === 0) return
  throw new ProjectError(`The query of ${node.name} does not match its contract:\n${tableText(reasons)}`, {
    place: node.patch ?? node.place,
    hint: 'Change the query (a cast, an alias), or the columns of the contract.',
  })
}

async function describe(sql: Sql, query: string): Promise<Map<string, string>> {
  const { columns } = await sql.unsafe(query).describe()
  const types = await typeNames(
    sql,
    columns.map(column => column.type),
  )
  return new Map(columns.map((column, i) => [String(column.name), types[i] ?? '']))
}

function tableText(rows: string[][]): string {
  const all = [['column', 'in the query', 'in the contract', 'what is wrong'], ...rows]
  return aligned(all)
    .map(line => `  ${line}`)
    .join('\n')
}
