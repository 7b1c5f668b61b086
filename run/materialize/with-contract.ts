import { contractColumns, hasContract } from '../manifest/contract.ts'
import { addConstraints, dropStaleConstraints } from './constraints.ts'
import type { Materialized, Work } from './context.ts'
import { enforceContract } from './enforce-contract.ts'
import { explainStatement } from './statements.ts'

/** Materializes a node under its contract, if it has one: the query is checked before it runs, tables get the contract's constraints. */
export async function withContract(work: Work, materialize: (work: Work) => Promise<Materialized>): Promise<Materialized> {
  const { node, sql } = work
  const isTable = node.config.materialized === 'table' || node.config.materialized === 'incremental'
  if (hasContract(node))
    await enforceContract(sql, node, work.query.text).catch(error => {
      throw explainStatement(node, work.query, work.query.text, error)
    })
  // A table that a migration made has its constraints from there.
  if (!isTable || node.config.migrated) return materialize(work)
  const contracted = hasContract(node) ? { ...work, contract: contractColumns(node) } : work
  await dropStaleConstraints(contracted)
  const outcome = await materialize(contracted)
  if (hasContract(node)) await addConstraints(contracted)
  return outcome
}
