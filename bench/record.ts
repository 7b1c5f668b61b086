import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { citusText } from './citus-text.ts'
import { goals } from './goals.ts'
import { growthText } from './growth-text.ts'
import { commitOf, machineOf } from './machine.ts'
import { projectsText } from './projects-text.ts'
import { type GoalId, type Measured, type Results, render } from './results.ts'
import { projectDir, type Site } from './site.ts'

/** The folder of results: bench/ at full size, target/bench/ at any other, so that a quick look never replaces the real figures. */
export const folderOf = (scale: number) => join(projectDir, scale === 1 ? 'bench' : 'target/bench')

/**
 * Measures a goal and writes it into results.json and RESULTS.md of the folder, beside the others. A failure is reported and recorded; an
 * interruption is thrown.
 */
export async function record(
  { site, scale, folder }: { site: Site; scale: number; folder: string },
  id: GoalId,
  measure: () => Promise<Measured>,
): Promise<boolean> {
  site.say(`${id}: ${goals[id].what} …`)
  const began = performance.now()
  const measured = await measure().catch((error: Error): Measured => {
    site.signal.throwIfAborted()
    site.say(`${id} failed: ${error.stack}`)
    return { measured: 'failed', isMet: null, lines: [], notes: ['```', error.message, '```'] }
  })
  const seconds = (performance.now() - began) / 1000
  const from = { date: new Date().toISOString(), commit: commitOf(projectDir), machine: machineOf(site.postgres), scale, seconds }
  write(folder, { ...read(folder), [id]: { ...measured, ...from } })
  site.say(`${id}: ${measured.measured}, goal ${goals[id].goal}: ${measured.isMet === null ? '–' : measured.isMet ? 'reached' : 'missed'}`)
  return measured.measured !== 'failed'
}

/** Writes RESULTS.md again from the results in the folder. */
export function rewrite(folder: string): void {
  write(folder, read(folder))
}

function read(folder: string): Results {
  const file = join(folder, 'results.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}
}

function write(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true })
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, `${name}.part`), text)
    renameSync(join(folder, `${name}.part`), join(folder, name))
  }
  put('results.json', `${JSON.stringify(results, null, 2)}\n`)
  put(
    'RESULTS.md',
    render(goals, results, reasons(), [projectsText(folder), growthText(folder), citusText(folder)].filter(Boolean).join('\n\n')),
  )
}

/** The reasons for missed goals, written by hand in bench/reasons.yml. */
function reasons(): Partial<Record<GoalId, string>> {
  return (parse(readFileSync(join(projectDir, 'bench/reasons.yml'), 'utf8')) as Partial<Record<GoalId, string>> | null) ?? {}
}
