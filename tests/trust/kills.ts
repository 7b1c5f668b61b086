import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomOf } from '../../bench/random.ts'
import { tellCampaign, untilStopped } from './campaign.ts'
import type { Point, Verdict } from './kill-points.ts'
import { strikeAtExtract } from './kills-extract.ts'
import { strikeAtStart } from './kills-start.ts'
import type { Victim } from './server-processes.ts'
import { cloneSite, createSite, main, type Site } from './site.ts'
import { faultsOf, type State, stateOf } from './state.ts'

/** All phases, in the order of the points. */
export const PHASES: Point['phase'][] = ['migration', 'load', 'build', 'publish', 'clean', 'db start', 'extract']

const VICTIMS: Victim[] = ['backend', 'server', 'keeper', 'watcher', 'auxiliary']

/** Kills at `points`, one lane per core, and gives each verdict as it comes. */
export async function kills(
  { points, seed, only, phases = PHASES }: { points: number; seed: number; only?: number | undefined; phases?: Point['phase'][] },
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<Verdict[]> {
  const numbers = only === undefined ? Array.from({ length: points }, (_, at) => at + 1) : [only]
  const lanes = Math.min(2, availableParallelism(), numbers.length)
  // Starts and extractions have their own servers.
  const needsSite = phases.some(phase => phase !== 'db start' && phase !== 'extract')
  const sites = needsSite ? [await createSite()] : []
  try {
    const ground = sites[0] ? await prepare(sites[0], phases) : { writes: {}, expected: {} as Ground['expected'] }
    while (sites[0] && sites.length < lanes) sites.push(cloneSite(sites[0]))
    const verdicts: Verdict[] = []
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
          const point = pointOf(seed, number, phases)
          const verdict = await strike(sites[lane], point, ground).catch(error => ({ point, hit: undefined, faults: [String(error)] }))
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

/** A verdict as a line, with its faults below. */
export function lineOf({ point: { number, phase, whom, share, after }, hit, faults }: Verdict): string {
  const what = `point ${number}: kill -9 of the ${whom} at ${Math.round(share * 100)} % of ${phase}, ${after} ms later, in ${hit ?? 'nothing'}`
  return [what, ...faults.slice(0, 8).map(fault => `    ${fault.slice(0, 1500)}`)].join('\n')
}

/** The figures: the number of good points, and of kills that were really within each phase. */
export function summaryOf(verdicts: Verdict[], milliseconds: number): string {
  const good = verdicts.filter(({ faults }) => faults.length === 0)
  const lines = PHASES.map(phase => {
    const own = verdicts.filter(({ point }) => point.phase === phase)
    const within = own.filter(({ hit }) => hit === phase)
    const by = VICTIMS.map(whom => `${whom} ${within.filter(({ point }) => point.whom === whom).length}`).join(', ')
    return own.length === 0 ? undefined : `  ${phase.padEnd(9)}  ${within.length} of ${own.length} kills within it: ${by}`
  })
  const title = `${good.length} of ${verdicts.length} points left all as an undisturbed run leaves it, in ${(milliseconds / 60_000).toFixed(1)} minutes`
  return [title, ...lines.filter(line => line !== undefined)].join('\n')
}

function pointOf(seed: number, number: number, phases: Point['phase'][]): Point {
  const random = randomOf(seed, 'kills', number)
  const phase = phases[number % phases.length]!
  const [whom, share] = [random.pick(VICTIMS), random.next()]
  // A clean takes a few milliseconds: later it would be over.
  return { number, phase, whom, share, after: phase === 'clean' || random.chance(0.6) ? 0 : random.int(1, 15) }
}

/** The command of each scenario, its initial state, and its phases. */
const scenarios = {
  first: { ground: 'nothing', args: ['build'], data: 'first', wide: false, phases: ['migration', 'load', 'build', 'publish'] },
  clean: { ground: 'day2', args: ['clean', '--landing', '--keep', '1', '--apply'], data: 'next', wide: true, phases: ['clean'] },
} as const

interface Ground {
  /** Writes to the database of an undisturbed run, by phase. */
  writes: Record<string, number>
  /** The state after an undisturbed run, and after a build that follows it. */
  expected: Record<keyof typeof scenarios, State>
}

/** Runs each scenario undisturbed, keeps the databases as initial states, and counts writes. */
async function prepare(site: Site, phases: Point['phase'][]): Promise<Ground> {
  const holding = await site.hold('postgres')
  const [writes, expected] = [{}, {}] as [Ground['writes'], Ground['expected']]
  try {
    await holding.sql.unsafe('create database nothing template template0')
    for (const [name, scenario] of Object.entries(scenarios) as [keyof typeof scenarios, (typeof scenarios)['first' | 'clean']][]) {
      if (!scenario.phases.some(phase => phases.includes(phase))) continue
      if (name === 'clean') await makeSecondDay(site)
      await site.copy(scenario.ground, main)
      site.widen(scenario.wide)
      const file = join(site.dir, 'writes')
      const { code, stderr } = await site.start(wordsOf(scenario), { TRUST_COUNT: file }).ended
      if (code !== 0) throw new Error(`${name}, undisturbed, ended with ${code}:\n${stderr}`)
      const counted = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>
      for (const phase of scenario.phases) writes[phase] = counted[phase] ?? 0
      await mustBuild(site, scenario.data)
      const { sql, letGo } = await site.hold()
      expected[name] = await stateOf(sql).finally(letGo)
    }
  } finally {
    await holding.letGo()
  }
  return { writes, expected }
}

async function makeSecondDay(site: Site): Promise<void> {
  await site.copy('nothing', main)
  site.widen(true)
  await mustBuild(site, 'first')
  await mustBuild(site, 'next')
  await site.copy(main, 'day2')
}

async function mustBuild(site: Site, data: string): Promise<void> {
  const { code, printed } = await site.build(data)
  if (code !== 0) throw new Error(printed)
}

function wordsOf({ args, data }: { args: readonly string[]; data: string }): string[] {
  return args[0] === 'build' ? [...args, '--data', data] : [...args]
}

async function strike(site: Site | undefined, point: Point, ground: Ground): Promise<Verdict> {
  if (point.phase === 'db start') return strikeAtStart(point)
  if (point.phase === 'extract') return strikeAtExtract(point)
  return strikeAtPhase(site!, point, ground)
}

async function strikeAtPhase(site: Site, point: Point, { writes, expected }: Ground): Promise<Verdict> {
  const name = point.phase === 'clean' ? 'clean' : 'first'
  const scenario = scenarios[name]
  await site.copy(scenario.ground, main)
  site.widen(scenario.wide)
  const at = 1 + Math.floor(point.share * Math.max(1, (writes[point.phase] ?? 1) - 1))
  const runner = site.start(wordsOf(scenario), { TRUST_KILL: `${point.whom} ${at} ${point.after} ${point.phase}` })
  const { code, stderr } = await runner.ended
  const hit = /\[struck\] \w+ \d+ (\w+)/.exec(stderr)?.[1]
  const faults: string[] = []
  if (hit === undefined) faults.push('nobody was killed')
  if (code !== 0) faults.push(`the runner ended with ${code}: ${stderr.slice(-800)}`)
  if (/^ +at /m.test(stderr)) faults.push(`a stack was printed: ${stderr.slice(-800)}`)

  // The same again, even where the runner gave up: nothing may block it. It also takes over a server that has lost its keeper.
  const again = await site.start(wordsOf(scenario)).ended
  if (again.code !== 0) faults.push(`the same command after it ended with ${again.code}: ${again.stderr.slice(-800)}`)
  const built = await site.build(scenario.data)
  if (built.code !== 0) faults.push(`the plain build ended with ${built.code}: ${built.printed.slice(-800)}`)
  await untilStopped(site, faults, 6)
  const { sql, letGo } = await site.hold()
  try {
    faults.push(...(await faultsOf(sql, expected[name])).faults)
  } finally {
    await letGo()
  }
  return { point, hit, faults }
}

/** `npm run test:kills -- --points 200 --seed 1 --only 17 --phase load` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      points: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      phase: { type: 'string', multiple: true },
    },
  })
  const only = values.only === undefined ? undefined : Number(values.only)
  const phases = values.phase as Point['phase'][] | undefined
  await tellCampaign(
    onVerdict => kills({ points: Number(values.points), seed: Number(values.seed), only, ...(phases && { phases }) }, onVerdict),
    { lineOf, summaryOf },
  )
}
