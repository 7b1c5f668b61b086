import { ProjectError } from '../base/errors.ts'
import type { Sql } from '../database/driver.ts'
import { nodeAway } from '../database/errors.ts'

/** A wrong setting of a node of the cluster, and the command to change it. */
export interface Complaint {
  message: string
  hint: string
  /** Builds fail, or never end, with it. */
  isFatal: boolean
  /** May be transient: the node may be restarting. */
  isDown?: boolean
}

/** Checks the nodes and settings of a cluster; a node that does not answer is a complaint. */
export async function complaints(sql: Sql): Promise<Complaint[]> {
  const nodes = await sql<{ node: string; success: boolean; result: string }[]>`
    select format('%s:%s', nodename, nodeport) as node, success, result
    from run_command_on_all_nodes($$
        select string_agg(format('%s=%s', name, case name when 'TimeZone' then reset_val else setting end), ' ' order by name)
        from pg_settings where name in ('TimeZone', 'max_prepared_transactions', 'wal_level')
    $$, give_warning_for_connection_errors := true)
    inner join pg_dist_node using (nodeid)
  `
  return nodes.flatMap(({ node, success, result }) => (success ? ofNode(node, settingsIn(result)) : [down(node, result)]))
}

/** Throws the fatal complaints; gives the others as sentences. */
export async function checkHealth(sql: Sql): Promise<string[]> {
  const all = await complaints(sql)
  const fatal = all.find(({ isFatal }) => isFatal)
  if (fatal?.isDown) throw nodeAway(fatal.message, fatal.hint)
  if (fatal) throw new ProjectError(fatal.message, { hint: fatal.hint })
  return all.map(({ message, hint }) => `${message}. ${hint}`)
}

/** Checks the settings of one node. */
export function ofNode(node: string, settings: Map<string, string>): Complaint[] {
  const found: Complaint[] = []
  const zone = settings.get('TimeZone') ?? ''
  const prepared = Number(settings.get('max_prepared_transactions') ?? 0)
  const level = settings.get('wal_level') ?? ''
  if (!/^(UTC|Etc\/UTC|GMT|Etc\/GMT|Zulu|UCT|Universal)$/i.test(zone)) {
    found.push({
      message: `The time zone of ${node} is ${zone}, and the time zone of a session does not reach the workers`,
      hint: "Run on the coordinator: alter database <name> set timezone = 'UTC'; it reaches the workers. Then run it again.",
      isFatal: true,
    })
  }
  if (prepared < FEWEST) {
    found.push({
      message: `max_prepared_transactions of ${node} is ${prepared}: a commit over several nodes prepares one for each connection`,
      hint: `Run there: alter system set max_prepared_transactions = 300; and restart it.`,
      isFatal: prepared === 0,
    })
  }
  if (level !== 'logical') {
    found.push({
      message: `wal_level of ${node} is ${level}: builds work, but shards cannot be moved while they are written`,
      hint: 'Run there: alter system set wal_level = logical; and restart it.',
      isFatal: false,
    })
  }
  return found
}

/** A statement prepares up to 16 transactions on each worker. */
const FEWEST = 16

function down(node: string, said: string): Complaint {
  return {
    message: `The node ${node} of the cluster does not answer: ${said.split('\n')[0]}`,
    hint: 'Start it; its shards have no second copy. Nothing was changed.',
    isFatal: true,
    isDown: true,
  }
}

function settingsIn(text: string): Map<string, string> {
  return new Map(text.split(' ').map(pair => pair.split('=') as [string, string]))
}
