import path from 'node:path'
import { isPostgresError } from '../base/errors.ts'
import type { Command, Extension } from '../cli/command.ts'
import type { Session } from '../database/driver.ts'
import { optional } from '../docs/dataoptional.ts'
import { dataFolder } from './data-folder.ts'
import { describeEntities } from './describe.ts'
import { refuseOtherSeeds, seedsOfFeed } from './seeds.ts'

/** What the feed of this warehouse adds to the commands of the runner. Each part is imported when it is first needed. */
export const feed: Extension = {
  flags: ({ options }) => ({ ACCEPT_SHRINK: options.acceptShrink ?? false }),
  describe: describeEntities,
  seeds: ({ options }) => seedsOfFeed(options),
  refuseOtherSeeds,
  load: async (...given) => (await import('./load-feed.ts')).loadForBuild(...given),
  findUnchanged,
  feedState: async (session, startedAt) => {
    const { feedState } = await import('./feed-state.ts')
    return (await optional(session, () => feedState(session, startedAt))) ?? undefined
  },
  feedAge: async sql => {
    const { feedAge } = await import('./feed-age.ts')
    return feedAge(sql).catch(error => {
      // A user who may not read the ledger gets no alerts.
      if (!isPostgresError(error)) throw error
      return { through: null, alerts: [] }
    })
  },
  openErrors: async sql => (await import('./open-errors.ts')).openErrors(sql),
  errorChanges: {
    begin: async session => (await import('./open-errors.ts')).keepOpenErrors(session),
    end: async (session, most) => (await import('./open-errors.ts')).errorChanges(session, most),
  },
  docs: async sql => ({
    quality: await (await import('./data-quality.ts')).qualityIfAny(sql),
    feed: await (await import('./feed-notes.ts')).feedNotes(sql),
  }),
}

async function findUnchanged({ options, report, signal }: Command, session: Session): Promise<{ tell(): void } | undefined> {
  const { isUnchanged } = await import('../../loaders/compare.ts')
  const found = await isUnchanged(session, dataFolder(options, path.resolve(options.projectDir)), { prune: options.prune ?? false, signal })
  if (!found) return undefined
  const { refusedBefore } = await import('./load-lines.ts')
  return {
    tell() {
      for (const message of found.notices) report.note(message)
      if (found.refused > 0) report.warn({ name: 'RefusedFile', message: refusedBefore(found.refused) })
    },
  }
}
