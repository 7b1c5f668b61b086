import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readProjectFile } from '../project/settings.ts'
import type { Report } from '../report/report.ts'
import { causesOf } from './causes.ts'
import { deliver, placeOfDelivery, type Receiver } from './deliver.ts'
import { messageOf } from './message.ts'
import type { Outcome } from './outcome.ts'

/** A command that has ended. */
export interface Ended {
  command: string
  exitCode: number
  outcome: Outcome
  /** The errors that it reported. */
  errors: unknown[]
  projectDir: string
  /** Folder of artifacts. */
  targetPath: string
}

/**
 * Sends one message about a run that needs attention, and one when it recovers, to NOTIFY_URL or `notify:` of dbt_project.yml; does nothing
 * without these. A failed delivery is reported once and changes nothing else.
 */
export async function notify(ended: Ended, report: Report, patience?: number): Promise<void> {
  const { command, exitCode, outcome, errors } = ended
  const causes = causesOf(outcome, errors, exitCode)
  const unwell = path.join(ended.targetPath, `needs-person-${command.replaceAll(' ', '-')}`)
  if (causes.length === 0 && outcome.wasWell !== false && !existsSync(unwell)) return
  const { to, project } = await receiver(ended.projectDir)
  if (!to) return
  try {
    await deliver(messageOf({ project, command, exitCode, outcome }, causes), to, patience)
    // The database cannot record that it was not reached.
    if (causes.length > 0 && (exitCode > 1 || outcome.wasWell === undefined)) remember(unwell)
    if (causes.length === 0) rmSync(unwell, { force: true })
  } catch (error) {
    const hint = 'The run is not affected. Check NOTIFY_URL, or notify: in dbt_project.yml.'
    report.warn(
      { name: 'NotDelivered', message: `Cannot deliver the message to ${placeOfDelivery(to)}: ${(error as Error).message}`, hint },
      true,
    )
  }
}

// The project may be the problem: then only the environment gives the destination.
async function receiver(projectDir: string): Promise<{ to: Receiver | undefined; project: string }> {
  const dir = path.resolve(projectDir)
  const settings = await readProjectFile(projectDir).then(
    ({ settings }) => settings,
    () => undefined,
  )
  const url = process.env.NOTIFY_URL
  const to = url ? { url } : settings?.notify
  return { to: to && { ...to, dir }, project: settings?.name ?? path.basename(dir) }
}

function remember(file: string): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, '')
  } catch {
    // Then no recovery is reported.
  }
}
