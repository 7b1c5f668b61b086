import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { clear } from '../../bench/clear.ts'
import { connect } from '../../run/database/connection.ts'
import type { Sql } from '../../run/database/driver.ts'
import { run, shell } from './command.ts'

/** A cluster, a plain server, and the commands that stop and start a worker. */
export interface Small {
  citusUrl: string
  plainUrl: string
  stopWorker?: string
  startWorker?: string
  say(line: string): void
}

/**
 * A small project on a cluster: mistakes, each with the setting to change, and results that must equal those on plain PostgreSQL. Gives the
 * differences.
 */
export async function citusSmall({ citusUrl, plainUrl, stopWorker, startWorker, say }: Small): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'deskledger-citus-small-'))
  const [citus, plain] = [connect(citusUrl, { max: 1 }), connect(plainUrl, { max: 1 })]
  const database = new URL(citusUrl).pathname.slice(1)
  const faults: string[] = []
  const build = (url: string, ...args: string[]) =>
    run(url, [...args, '--project-dir', dir, '--target-path', join(dir, 'target')], { DBT_SCHEMA: 'small' })
  const both = async (...args: string[]) => [await build(citusUrl, ...args), await build(plainUrl, ...args)]
  try {
    for (const sql of [citus, plain]) {
      await clear(sql)
      await sql.unsafe('drop schema if exists small cascade')
    }

    project({ 'models/one.sql': 'select 1 as id' }, 'citus: on')
    await expect('citus: on without the extension', build(plainUrl, 'build'), 2, /has no extension citus[\s\S]*create extension citus/)

    project({
      'models/events.sql': `${config("materialized='table', unique_key='id', distributed_by='id'")} select id, id % 3 as kind from generate_series(1, 10) as id`,
      'models/refused.sql': `${config("materialized='table'")}\nselect kind, id, count(*) as rows\nfrom {{ ref('events') }}\ngroup by grouping sets ((kind), (id))`,
    })
    await expect('SQL that Citus refuses', build(citusUrl, 'build'), 1, /models\/refused\.sql[\s\S]*GROUPING SETS[\s\S]*union all/)

    project({ 'models/keyed.sql': `${config("materialized='table', unique_key='id', distributed_by='kind'")} select 1 as id, 2 as kind` })
    await expect(
      'a distributed_by that is not in the key',
      build(citusUrl, 'build'),
      1,
      /models\/keyed\.sql[\s\S]*Add it to the unique_key|models\/keyed\.sql[\s\S]*add it there/,
    )

    await citus.unsafe(`alter database "${database}" set timezone = 'America/New_York'`)
    await expect('another time zone', build(citusUrl, 'build'), 2, /time zone of [\s\S]*America\/New_York[\s\S]*set timezone = 'UTC'/)
    await citus.unsafe(`alter database "${database}" set timezone = 'UTC'`)

    project(merged(1))
    await same('merge with predicates and a contract, from nothing', await both('build'))
    project(merged(2))
    const plans = await both('plan')
    if (plans.some(({ code, printed }) => code !== 0 || !/ amount/.test(printed)))
      faults.push(`plan does not name the column that changes: ${plans[0]!.printed}`)
    else say('plan names the column that changes')
    const diffs = await both('diff', '--select', 'events', 'refs')
    if (diffs.some(({ code, printed }) => code !== 0 || (printed.match(/1 added, 0 removed, 1 changed/g) ?? []).length !== 2))
      faults.push(`diff does not compare both tables: ${diffs[0]!.printed}`)
    else say('diff names the rows that differ')
    await same('merge with predicates and a contract, the next build', await both('build'))

    if (faults.length > 0) return faults
    await leaveHalfDone()
    await expect('a commit that a worker did not finish', build(citusUrl, 'build', '--select', 'refs'), 0, /Ended 1 half-done commit/)
    const [row] = await citus<{ rows: string }[]>`select count(*) as rows from small.events where id = 4711`
    if (Number(row?.rows) === 1) say('  its row is there')
    else faults.push('The half-done commit was not ended: its row is not there')

    if (stopWorker && startWorker) {
      shell(stopWorker)
      await expect('a worker that is down', build(citusUrl, 'build'), 2, /The node \S+ of the cluster does not answer[\s\S]*Start it/)
      shell(startWorker)
    }
    return faults
  } finally {
    await citus.unsafe(`alter database "${database}" set timezone = 'UTC'`).catch(() => {})
    await citus.unsafe('drop schema if exists small cascade').catch(() => {})
    await Promise.all([citus.end({ timeout: 1 }), plain.end({ timeout: 1 })])
    rmSync(dir, { recursive: true, force: true })
  }

  function project(files: Record<string, string>, more = ''): void {
    rmSync(join(dir, 'models'), { recursive: true, force: true })
    const all = { 'dbt_project.yml': `name: small\nversion: '1.0'\nconfig-version: 2\n${more}\n`, ...files }
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), text)
    }
  }

  async function expect(what: string, running: ReturnType<typeof run>, code: number, words: RegExp): Promise<void> {
    const ended = await running
    if (ended.code === code && words.test(ended.printed)) say(`${what}: told`)
    else faults.push(`${what}: it ended with ${ended.code}\n${ended.printed.slice(-2000)}`)
  }

  async function same(what: string, runs: { code: number | null; printed: string }[]): Promise<void> {
    for (const { code, printed } of runs) if (code !== 0) faults.push(`${what}: it ended with ${code}\n${printed.slice(-2000)}`)
    const [are, should] = [await rowsOf(citus), await rowsOf(plain)]
    if (are === should && runs.every(({ code }) => code === 0)) say(`${what}: equal`)
    else faults.push(`${what}: ${are}, and on plain PostgreSQL ${should}`)
  }

  // The state of a worker that died after the coordinator's commit: its part is prepared, and the coordinator's record says to commit it.
  async function leaveHalfDone(): Promise<void> {
    const [shard] = await citus<{ host: string; port: number; group: number; name: string }[]>`
      select nodename as host, nodeport as port, groupid as group, shard_name(logicalrelid, shardid) as name
      from pg_dist_shard
      inner join pg_dist_shard_placement using (shardid)
      inner join pg_dist_node using (nodename, nodeport)
      where shardid = get_shard_id_for_distribution_column('small.events', 4711)
    `
    const { host, port, group, name } = shard!
    const worker = connect(Object.assign(new URL(citusUrl), { host: `${host}:${port}` }).href, { max: 1 })
    const gid = 'citus_0_999999_999999_1'
    await worker.unsafe(`
      begin;
      set local citus.enable_manual_changes_to_shards = on;
      insert into ${name} (id, day, amount) values (4711, 1, 1);
      prepare transaction '${gid}'`)
    await worker.end()
    await citus`insert into pg_dist_transaction (groupid, gid) values (${group}, ${gid})`
  }
}

// A distributed and a reference table, merged within a predicate, under a contract; the second day changes one row and adds one.
function merged(day: number): Record<string, string> {
  const rows = `select id::bigint as id, 1 + id::bigint / 100 as day, case id when 7 then ${day} else 0 end::numeric as amount from generate_series(${day === 1 ? '1, 300' : '200, 301'}) as id`
  const within = "incremental_predicates=['DBT_INTERNAL_DEST.day >= 1']"
  const more = `materialized='incremental', on_schema_change='fail', incremental_strategy='merge', unique_key='id', ${within}, contract={'enforced': true}`
  const query = day === 1 ? rows : `${rows} union all select 7, 1, 2::numeric`
  const columns =
    '[{name: id, data_type: bigint, constraints: [{type: not_null}]}, {name: day, data_type: bigint}, {name: amount, data_type: numeric}]'
  return {
    'models/events.sql': `${config(`${more}, distributed_by='id'`)} ${query}`,
    'models/refs.sql': `${config(`${more}, reference=true`)} ${query}`,
    'models/_models.yml': `models:\n${['events', 'refs'].map(name => `  - name: ${name}\n    columns: ${columns}\n`).join('')}`,
  }
}

const config = (text: string) => `{{ config(${text}) }}`

async function rowsOf(sql: Sql): Promise<string> {
  const [row] = await sql<{ image: string }[]>`
    select md5(string_agg(line, ',' order by line collate "C")) || ' of ' || count(*) as image
    from (
        select 'events ' || events::text as line from small.events union all select 'refs ' || refs::text from small.refs
    ) as lines
  `.catch((error: Error) => [{ image: error.message }])
  return row?.image ?? 'nothing'
}
