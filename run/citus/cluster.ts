import { ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import type { CitusMode } from '../manifest/node.ts'

/** A Citus cluster, as its coordinator describes it. */
export interface Cluster {
  /** `13.2.2` */
  version: string
  /** `host:port` of the nodes that hold shards. */
  workers: string[]
}

/** The state of Citus in a database, also for `debug`. */
export interface Found {
  /** Null without the extension. */
  version: string | null
  workers: string[]
}

/** Required in a transaction that writes reference tables, or runs DDL, after it has read distributed ones. */
export const inSequence = "set local citus.multi_shard_modify_mode = 'sequential'"

/**
 * The settings of a build, also on the workers. A cluster has no statistics of intermediate results: a nested loop over them can be
 * quadratic, and its estimated cost would make each of many small tasks be compiled by JIT, which takes a hundred times as long as the
 * task. A size limit for intermediate results would end builds of large feeds that are merely slow. A join that moves rows between the
 * workers would stop this session from reading its copies of reference tables: see beginOnCitus.
 */
const buildSettings = `
${inSequence};
set local citus.enable_repartition_joins = off;
set local citus.propagate_set_commands = 'local';
set local enable_nestloop = off;
set local jit = off;
set local citus.max_intermediate_result_size = -1`

/** Looks for Citus in this database. */
export async function look(sql: Sql): Promise<Found> {
  const [row] = await sql<{ version: string | null; known: boolean }[]>`
    select
        (select extversion from pg_extension where extname = 'citus') as version,
        to_regclass('pg_catalog.pg_dist_node') is not null as known
  `
  if (!row?.version || !row.known) return { version: null, workers: [] }
  const [full] = await sql<{ version: string }[]>`select substring(citus_version() from '^Citus ([^ ]+)') as version`
  const nodes = await sql<{ name: string }[]>`
    select format('%s:%s', nodename, nodeport) as name
    from pg_dist_node
    where noderole = 'primary' and isactive and shouldhaveshards
    order by nodename, nodeport
  `
  return { version: full?.version ?? row.version, workers: nodes.map(({ name }) => name) }
}

/** The cluster that a command is to use; undefined without one. Throws a ProjectError where `citus: on` asks for a missing one. */
export async function findCluster(sql: Sql, mode: CitusMode): Promise<Cluster | null> {
  if (mode === 'off') return null
  const { version, workers } = await look(sql)
  if (version && workers.length > 0) return { version, workers }
  if (mode === 'auto') return null
  const [row] = await sql<{ database: string }[]>`select current_database() as database`
  throw new ProjectError(
    version
      ? `dbt_project.yml has citus: on, but the coordinator has no worker that can hold shards`
      : `dbt_project.yml has citus: on, but the database ${row?.database} has no extension citus`,
    {
      hint: version
        ? "Run for each worker: select citus_add_node('host', 5432). Or set citus: auto."
        : 'Add citus to shared_preload_libraries, restart, and run on each node: create extension citus. Or set citus: auto.',
    },
  )
}

/** Makes this session read the coordinator's copies of reference tables again: each DDL in a transaction stops that. */
export async function readHere(sql: Sql): Promise<void> {
  await sql.unsafe('set local citus.enable_local_execution = on')
}

/** Opens the transaction of a build on a cluster, before anything is read in it. */
export async function beginOnCitus(sql: Sql): Promise<void> {
  await sql.unsafe(buildSettings)
  const [table] = await sql<{ name: string }[]>`
    select logicalrelid::text as name from pg_dist_partition where partkey is null and repmodel = 't' limit 1
  `
  // The first read of a reference table decides: afterwards this session reads the coordinator's copies, and sees the tables that the build
  // creates. Otherwise Citus reads over a connection of its own, which does not see them.
  if (table) await sql.unsafe(`select 1 from ${table.name} limit 1`)
  // Sends a step over intermediate results alone to a worker; on the coordinator it would use a connection to itself, too.
  await sql.unsafe("set local citus.task_assignment_policy = 'round-robin'")
}
