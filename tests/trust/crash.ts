import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomOf } from '../../bench/random.ts'
import { tellCampaign, untilStopped } from './campaign.ts'
import { cloneSite, createSite, main, type Site } from './site.ts'
import { faultsOf, type State, stateOf, untilFree } from './state.ts'

/** A kill -9 at a point determined by its number and the seed. */
export interface Point {
  number: number
  scenario: keyof typeof scenarios
  whom: (typeof VICTIMS)[number]
  /** The write to the database, counted from 1, and the delay after it in milliseconds. */
  at: number
  after: number
  /** Whether another process holds the embedded server, so that it survives a killed runner. */
  isHeld: boolean
}

/** The findings after a point and a plain build. */
export interface Verdict {
  point: Point
  faults: string[]
  /** Milliseconds until the killed runner's sessions and locks were gone; null where the server ended with it. */
  freeAfter: number | null
  /** Whether the killed run continued by itself and succeeded. */
  isRepaired: boolean
  landingRatio: number
  databaseRatio: number
}

/** Kills at `points`, one lane per core, and gives each verdict as it comes. */
export async function crash(
  { points, seed, only, scenario }: { points: number; seed: number; only?: number | undefined; scenario?: string | undefined },
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const site = await createSite()
  const sites = [site]
  try {
    const numbers = only === undefined ? Array.from({ length: points }, (_, at) => at + 1) : [only]
    const ground = await prepare(site, new Set(numbers.map(number => scenarioOf(number, scenario))))
    while (sites.length < Math.min(2, availableParallelism(), numbers.length)) sites.push(cloneSite(site))
    const verdicts: Verdict[] = []
    await Promise.all(
      sites.map(async site => {
        for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
          const point = pointOf(seed, number, ground, scenario)
          const verdict = await strikeAt(site, point, ground).catch(error => ({ ...unknown, point, faults: [String(error)] }))
          verdicts.push(verdict)
          onVerdict(verdict)
        }
      }),
    )
    return verdicts
  } finally {
    for (const site of sites) await site.remove()
  }
}

/** A verdict as a line. */
export function lineOf({ point, faults }: Verdict): string {
  const { number, scenario, whom, at, after, isHeld } = point
  const what = `point ${number}: kill -9 of the ${whom}, ${after} ms after write ${at} of ${scenario}${isHeld ? '' : ', server its own'}`
  return [what, ...faults.slice(0, 12).map(fault => `    ${fault}`)].join('\n')
}

export function summaryOf(verdicts: Verdict[], milliseconds: number): string {
  const good = verdicts.filter(({ faults }) => faults.length === 0)
  const by = (whom: Point['whom']) => verdicts.filter(({ point }) => point.whom === whom)
  const most = (values: (number | null)[]) => Math.max(0, ...values.map(value => value ?? 0))
  return [
    `${good.length} of ${verdicts.length} points left the warehouse as an undisturbed run leaves it, in ${(milliseconds / 60_000).toFixed(1)} minutes`,
    `  killed: ${VICTIMS.map(whom => `${whom} ${by(whom).length}`).join(', ')}; ${verdicts.filter(({ isRepaired }) => isRepaired).length} runs that lost their connection ended well by themselves`,
    `  sessions and locks of a killed runner were gone after ${most(verdicts.map(({ freeAfter }) => freeAfter)).toFixed(0)} ms at most`,
    `  landing had ${most(verdicts.map(({ landingRatio }) => landingRatio)).toFixed(2)} times its size at most, the database ${most(verdicts.map(({ databaseRatio }) => databaseRatio)).toFixed(2)} times`,
  ].join('\n')
}

const VICTIMS = ['runner', 'backend', 'server', 'keeper', 'auxiliary'] as const

// The killed command, its initial state, and its feed; a scenario with a wide model starts from one that is not.
const scenarios = {
  'the first load': { ground: 'nothing', args: ['load'], data: 'first', wide: false },
  'a load of large files': { ground: 'nothing', args: ['load'], data: 'large', wide: false },
  'the first build': { ground: 'nothing', args: ['build'], data: 'first', wide: false },
  'a daily build': { ground: 'day1', args: ['build'], data: 'next', wide: true },
  'a full refresh': { ground: 'day1', args: ['build', '--full-refresh'], data: 'next', wide: true },
} as const

interface Ground {
  /** Writes to the database of an undisturbed run. */
  writes: Record<Point['scenario'], number>
  /** The state after an undisturbed build, by feed. */
  expected: Record<(typeof scenarios)[Point['scenario']]['data'], State>
}

const names = Object.keys(scenarios) as Point['scenario'][]
const unknown = { freeAfter: null, isRepaired: false, landingRatio: 0, databaseRatio: 0 }

/** Builds undisturbed, keeps the databases as initial states, and counts writes; runs loads only for points in them. */
async function prepare(site: Site, needed: Set<Point['scenario']>): Promise<Ground> {
  const holding = await site.hold('postgres')
  const writes = {} as Ground['writes']
  const expected = {} as Ground['expected']
  await holding.sql.unsafe('create database nothing template template0')
  for (const name of names) {
    const { ground, args, data, wide } = scenarios[name]
    if (args[0] === 'load' && !needed.has(name)) continue
    if (name === 'a full refresh') {
      // Different statements, but about as many.
      writes[name] = writes['a daily build']
      continue
    }
    await site.copy(ground, main)
    site.widen(wide)
    const count = join(site.dir, 'writes')
    const { code, stderr } = await site.start([...args, '--data', data], { TRUST_COUNT: count }).ended
    if (code !== 0) throw new Error(`${name}, undisturbed, ended with ${code}:\n${stderr}`)
    writes[name] = JSON.parse(readFileSync(count, 'utf8')).all
    if (name === 'the first load') continue
    const built = await site.build(data)
    if (built.code !== 0) throw new Error(built.printed)
    const { sql, letGo } = await site.hold()
    expected[data] = await stateOf(sql)
    if (data === 'first') for (const statement of ofUsers) await sql.unsafe(statement)
    await letGo()
    if (data === 'first') await site.copy(main, 'day1')
  }
  await holding.letGo()
  return { writes, expected }
}

// Objects of users on our tables, which must survive everything.
const ofUsers = [
  'create schema people',
  'create view people.active as select agent_id, name from core.agents where is_active',
  'create view people.headcount as select * from marts.group_headcount',
  'create view people.names as select name, count(*) as n from marts.trust_names group by name',
  'create view people.busy as select b.name, a.name as active from marts.trust_busy as b left join people.active as a using (agent_id)',
  'create view people.staged as select source, count(*) as n from staging.stg_agents group by source',
  'create materialized view people.spend as select * from marts.spend_by_merchant',
  'create unique index on people.spend (merchant)',
]

/** In milliseconds: more than a build takes on a busy machine. */
const PATIENCE = 300_000

function scenarioOf(number: number, given?: string): Point['scenario'] {
  return names.find(name => name === given) ?? (names[number % names.length] as Point['scenario'])
}

function pointOf(seed: number, number: number, { writes }: Ground, given?: string): Point {
  const random = randomOf(seed, 'point', number)
  const scenario = scenarioOf(number, given)
  const whom = random.pick(['runner', ...VICTIMS] as const)
  const at = random.int(1, writes[scenario] - 2)
  return { number, scenario, whom, at, after: random.chance(0.5) ? 0 : random.int(1, 40), isHeld: random.chance(0.6) }
}

async function strikeAt(site: Site, point: Point, { expected }: Ground): Promise<Verdict> {
  const { ground, args, data, wide } = scenarios[point.scenario]
  const holding = await site.hold('postgres')
  await site.copy(ground, main)
  site.widen(wide)
  const runner = site.start([...args, '--data', data], { TRUST_KILL: `${point.whom} ${point.at} ${point.after}` })
  if (!point.isHeld) {
    // The runner holds the server before we release it, or starts it again.
    await Promise.race([sleep(900), runner.ended])
    await holding.letGo()
  }
  const faults: string[] = []
  const killed = await Promise.race([runner.ended, sleep(PATIENCE, undefined, { ref: false })]).then(ended => {
    if (ended) return ended
    faults.push(`the runner had not ended after ${PATIENCE / 60_000} minutes`)
    runner.signal('SIGKILL')
    return runner.ended
  })
  if (!killed.stderr.includes('[struck]')) faults.push('nobody was killed')
  if (point.whom === 'runner' && killed.signal !== 'SIGKILL') faults.push(`the runner ended with ${killed.code}`)
  if (point.whom !== 'runner' && killed.code !== 0) faults.push(`the runner ended with ${killed.code}: ${killed.stderr.slice(-600)}`)
  if (/^ +at /m.test(killed.stderr)) faults.push(`a stack was printed: ${killed.stderr.slice(-600)}`)

  let freeAfter: number | null = null
  if (point.isHeld) {
    if (point.whom === 'runner') {
      const { sql, letGo } = await site.hold()
      freeAfter = await untilFree(sql).finally(letGo)
    }
    await holding.letGo()
  }
  await untilStopped(site, faults, 5)

  const { code, printed } = await site.build(data)
  if (code !== 0) faults.push(`the plain build ended with ${code}: ${printed.slice(-1000)}`)
  await untilStopped(site, faults, 5)

  const { sql, letGo } = await site.hold()
  try {
    const { faults: found, state } = await faultsOf(sql, expected[data])
    const [landingRatio, databaseRatio] = [
      state.landingBytes / expected[data].landingBytes,
      state.databaseBytes / expected[data].databaseBytes,
    ]
    const isRepaired = point.whom !== 'runner' && killed.code === 0
    return { point, faults: [...faults, ...found], freeAfter, isRepaired, landingRatio, databaseRatio }
  } finally {
    await letGo()
  }
}

/** `npm run test:crash -- --points 200 --seed 1 --only 17 --scenario "a daily build"` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      points: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      scenario: { type: 'string' },
    },
  })
  const only = values.only === undefined ? undefined : Number(values.only)
  await tellCampaign(
    onVerdict => crash({ points: Number(values.points), seed: Number(values.seed), only, scenario: values.scenario }, onVerdict),
    { lineOf, summaryOf },
  )
}
