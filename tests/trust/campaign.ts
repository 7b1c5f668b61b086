import { setTimeout as sleep } from 'node:timers/promises'
import type { Site } from './site.ts'

/** How the verdicts of a kill campaign are printed. */
interface Telling<Verdict> {
  lineOf(verdict: Verdict): string
  summaryOf(verdicts: Verdict[], milliseconds: number): string
}

/** Runs a campaign from the command line: prints each point with its faults, and the sums at the end; gives the exit code. */
export async function tellCampaign<Verdict extends { faults: string[] }>(
  run: (onVerdict: (verdict: Verdict) => void) => Promise<Verdict[]>,
  { lineOf, summaryOf }: Telling<Verdict>,
): Promise<void> {
  const began = performance.now()
  let done = 0
  const verdicts = await run(verdict => {
    done++
    if (verdict.faults.length > 0) process.stdout.write(`${lineOf(verdict)}\n`)
    else if (done % 20 === 0) process.stderr.write(`${done} points\n`)
  })
  process.stdout.write(`${summaryOf(verdicts, performance.now() - began)}\n`)
  process.exitCode = verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1
}

/** Without holders the server must end within this many seconds, with all its processes. */
export async function untilStopped(site: Site, faults: string[], seconds: number): Promise<void> {
  for (let tries = 0; tries < seconds * 50; tries++) {
    if (site.processes().length === 0) return
    await sleep(20)
  }
  faults.push(`${seconds} s after its last holder the server still runs: processes ${site.processes().join(', ')}`)
}
