import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { SourceConfig } from '../../loaders/extract/source-config.ts'
import type { Fault, FaultKind } from './faults.ts'
import { batchesIn, createSite, filesBelow, impatient, type Outcome, recordsOf, type Site, secrets } from './site.ts'

/** A site with faults, and the batch of the day before. */
export interface FaultySite extends Site {
  /** Extracts with faults, and checks that no output contains a secret. */
  bringWith(freshdesk: Fault[], bill?: Fault[], seconds?: number): Promise<Outcome>
  /** Checks that no batch was made, and that the working folder is not taken for one. */
  expectNothing(outcome: Outcome): void
  /** Checks that the batch contains the servers' present data. */
  expectWhole(outcome: Outcome): void
  /** Checks that no secret was sent elsewhere or written to disk, and that the last batch exists; then closes. */
  end(): Promise<void>
}

export async function createFaultySite(change?: (config: SourceConfig) => SourceConfig): Promise<FaultySite> {
  const site = await createSite(change && { change })
  mkdirSync(join(site.dataDir, LAST, 'agents'), { recursive: true })
  writeFileSync(join(site.dataDir, LAST, 'agents', '1.json'), '[{"id":1}]')
  const before = contents(site.dataDir)
  return { ...site, bringWith, expectNothing, expectWhole, end }

  async function bringWith(freshdesk: Fault[], bill: Fault[] = [], seconds = 30): Promise<Outcome> {
    site.freshdesk.faults = freshdesk
    site.bill.faults = bill
    const outcome = await site.bring({ sources: impatient(site.options().sources, seconds) })
    const said = [outcome.said, ...outcome.lines].join('\n')
    for (const secret of Object.values(secrets))
      for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(`${secret}:X`).toString('base64')])
        expect(said).not.toContain(form)
    return outcome
  }

  function expectNothing({ extracted }: Outcome): void {
    expect(extracted).toBeUndefined()
    expect(batchesIn(site.dataDir)).toEqual([LAST])
  }

  function expectWhole({ code, said, extracted }: Outcome): void {
    expect([code, said]).toEqual([0, ''])
    const { folder, marker } = extracted!
    const { roles, admin_groups, agents } = site.desk
    const { users, budgets, cards, transactions, children } = site.spend
    for (const [entity, rows] of Object.entries({ roles, admin_groups, agents, users, budgets }))
      expect(recordsOf(folder, entity), entity).toEqual(texts(rows))
    expect(recordsOf(folder, 'cards').sort()).toEqual(texts(cards).sort())
    expect(recordsOf(folder, 'transactions').sort()).toEqual(texts([...transactions, ...children.values()]).sort())
    expect(Object.values(marker.entities).every(({ complete, unstable }) => complete && !unstable)).toBe(true)
  }

  async function end(): Promise<void> {
    expect(site.foreign.calls).toEqual([])
    const after = contents(site.dataDir)
    expect(after).toMatchObject(before)
    for (const text of Object.values(after)) for (const secret of Object.values(secrets)) expect(text).not.toContain(secret)
    await site.close()
  }
}

/** A fault at each call of a path. */
export function always(kind: FaultKind, path = '/agents'): Fault {
  return { path, nth: 'always', kind }
}

/** A fault at the n-th call of a path. */
export function once(kind: FaultKind, path = '/agents', nth = 2): Fault {
  return { path, nth, kind }
}

const LAST = 'sync-2026-01-04'

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(filesBelow(folder).map(name => [name, readFileSync(join(folder, name), 'latin1')]))
}

function texts(rows: Iterable<{ json: string }>): string[] {
  return [...rows].map(({ json }) => json)
}
