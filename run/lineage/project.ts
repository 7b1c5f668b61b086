import { type Field, type Graph, linked } from './graph.ts'
import type { Output, OutputColumn, World } from './relation.ts'
import { type SnapshotShape, snapshotOutput } from './snapshot.ts'
import { traceQuery } from './trace.ts'
import { allReasons, isConstant, sourcesOf, sourceValue, untraced } from './value.ts'

/** A relation of the project, for the tracer. */
export interface Relation {
  /** Unique id of the node, or `relation:schema.name` for a table without a node. */
  id: string
  schema: string
  name: string
  /** Its query; undefined for seeds, sources and tables, null where the query could not be compiled. */
  sql?: string | null
  /** Its columns in the database, the CSV or the migrations; null where unknown. */
  columns: readonly string[] | null
  /** For an ephemeral model: the name of its CTE in other queries. */
  cte?: string
  snapshot?: SnapshotShape
}

/** Column lineage of a project. */
export interface Lineage extends Graph {
  relations: Map<string, TracedRelation>
}

/** A traced relation. */
export interface TracedRelation {
  columns: TracedColumn[]
  /** Why even its columns are unknown. */
  notTraced: string | null
}

/** A traced column. */
export interface TracedColumn {
  name: string
  /** Why its sources are incomplete; null when complete. */
  notTraced: string | null
  isConstant: boolean
  /** The table's own previous content is a source too: first_seen_at never changes. */
  isKept: boolean
  /** Indexes of the fields that it originates from. */
  origins: number[]
}

/** The parts of `World` that the project lacks. */
export interface Surroundings {
  /** The schema for names without one. */
  defaultSchema: string
  isPure?: World['isPure']
}

/** Traces every column of every relation through the project. Call loadParser first. Each query is parsed once. */
export function traceProject(relations: readonly Relation[], { defaultSchema, isPure }: Surroundings): Lineage {
  const byName = new Map(relations.map(relation => [keyOf(relation.schema, relation.name), relation]))
  const byCte = new Map(relations.flatMap(relation => (relation.cte ? [[relation.cte, relation] as const] : [])))
  const outputs = new Map<string, Output | null>()
  const world: World = {
    relation: (schema, name) => seen(byName.get(keyOf(schema ?? defaultSchema, name))),
    cte: name => seen(byCte.get(name)),
    ...(isPure ? { isPure } : {}),
  }
  for (const relation of relations) outputOf(relation)
  const graph = linked(relations, id => outputs.get(id) ?? null)
  return {
    ...graph,
    relations: new Map(relations.map(relation => [relation.id, traced(relation, outputs.get(relation.id) ?? null, graph)])),
  }

  function seen(relation: Relation | undefined): { id: string; columns: readonly string[] | null } | undefined {
    if (!relation) return undefined
    // A model that reads its own table: the previous content.
    if (outputs.get(relation.id) === null && relation.sql !== undefined) return { id: relation.id, columns: relation.columns }
    const output = outputOf(relation)
    const columns = output && output.unknown.length === 0 ? output.columns.map(({ name }) => name) : relation.columns
    return { id: relation.id, columns }
  }

  function outputOf(relation: Relation): Output | null {
    const known = outputs.get(relation.id)
    if (known !== undefined) return known
    outputs.set(relation.id, null)
    if (relation.sql === undefined || relation.sql === null) return null
    const output = completed(traceQuery(relation.sql, world), relation)
    outputs.set(relation.id, relation.snapshot ? snapshotOutput(output, relation.snapshot) : output)
    return outputs.get(relation.id)!
  }
}

function keyOf(schema: string, name: string): string {
  return JSON.stringify([schema, name])
}

// Where `*` includes a table of unknown columns, the database has their names.
function completed(output: Output, { columns }: Relation): Output {
  if (output.unknown.length === 0 || !columns) return output
  const known = new Map(output.columns.map(column => [column.name, column]))
  const [table] = output.unknown
  const isCertain = output.unknown.length === 1 && /^(model|seed|source|snapshot|relation)[.:]/.test(table!)
  const reason = isCertain ? '' : reasonFor(output.unknown)
  return {
    ...output,
    columns: columns.map(
      (name): OutputColumn => known.get(name) ?? { name, value: isCertain ? sourceValue(table!, name) : untraced(reason) },
    ),
    unknown: isCertain ? [] : output.unknown,
  }
}

function reasonFor(unknown: readonly string[]): string {
  return unknown
    .map(what =>
      /^(model|seed|source|snapshot|relation)[.:]/.test(what) ? `the columns of ${what.replace(/^relation:/, '')} are not known` : what,
    )
    .join('; ')
}

function traced(relation: Relation, output: Output | null, graph: Graph): TracedRelation {
  const originsOf = (name: string): number[] => graph.originsOf({ node: relation.id, column: name, path: [] } satisfies Field)
  if (relation.sql === undefined || !output) {
    const notTraced = relation.sql === null ? 'its SQL is not compiled' : null
    const columns = (relation.columns ?? []).map(name => ({ name, notTraced, isConstant: false, isKept: false, origins: [] }))
    return { columns, notTraced }
  }
  return {
    columns: output.columns.map(({ name, value }) => ({
      name,
      notTraced: [...allReasons(value)].join('; ') || null,
      isConstant: value.isNull || isConstant(value),
      isKept: [...sourcesOf(value).values()].some(source => source.relation === relation.id),
      origins: originsOf(name),
    })),
    notTraced: output.unknown.length > 0 ? reasonFor(output.unknown) : null,
  }
}
