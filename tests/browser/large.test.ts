import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { htmlOf } from '../../run/docs/html.ts'
import { pageDataOf } from '../../run/docs/pagedata.ts'
import { projectDir } from '../pipeline/database.ts'
import { browserPath, goTo, openFile, startBrowser, violations } from './browser.ts'
import { syntheticData } from './synthetic.ts'

// Every place of the page contains texts that could break it.
describe.skipIf(!browserPath)('a page of 1,000 tables and a year of days', () => {
  it('opens, finds, draws, and runs nothing of what it shows', async () => {
    const folder = join(projectDir, 'target/browser')
    const file = join(folder, 'large.html')
    await mkdir(folder, { recursive: true })
    await writeFile(file, await htmlOf(pageDataOf(syntheticData(1000))))
    const browser = await startBrowser()
    try {
      const start = performance.now()
      const { page, problems } = await openFile(browser, file)
      const times: Record<string, number> = { open: performance.now() - start }
      const timed = async (name: string, work: () => Promise<unknown>) => {
        const before = performance.now()
        await work()
        times[name] = performance.now() - before
      }
      await timed('first search', async () => {
        await page.keyboard.press('/')
        await page.keyboard.type('visits_38')
        await page.getByRole('option').first().waitFor()
      })
      await timed('next search', async () => {
        await page.getByRole('combobox').fill('tickets_891')
        await page.locator('[role=option]', { hasText: 'tickets_891' }).first().waitFor()
      })
      await page.keyboard.press('Escape')
      await timed('graph of all', async () => {
        await goTo(page, '#/lineage?all=1')
        await page.waitForFunction(() => document.querySelectorAll('svg a.box').length === 1000)
      })
      await page.screenshot({ path: join(folder, 'large-lineage-1440-light.png') })
      for (const [name, link] of LINKS) {
        await timed(name, () => goTo(page, link))
        // With a thousand boxes axe would check each one.
        if (name !== 'catalogue') expect(await violations(page), name).toEqual([])
      }
      console.log(
        Object.entries(times)
          .map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
          .join(', '),
      )
      expect(await page.evaluate(() => [(window as { broken?: number }).broken, document.querySelectorAll('img').length])).toEqual([
        undefined,
        0,
      ])
      expect(problems).toEqual([])
    } finally {
      await browser.close()
    }
  })
})

const LINKS: [name: string, link: string][] = [
  ['answers', '#/'],
  ['report', '#/report/people'],
  ['mistakes', '#/overview'],
  ['layers', '#/lineage'],
  ['catalogue', '#/catalogue'],
  ['table', '#/node/model.synthetic.visits_801'],
  ['column', '#/column/model.synthetic.visits_801/email'],
  ['macro', '#/macro/macro.synthetic.cents'],
  ['test', '#/test/test.synthetic.unique_visits_801_id'],
  ['around', '#/lineage/model.synthetic.visits_801?depth=3'],
  ['entities', '#/entities'],
  ['quality', '#/quality'],
  ['runs', '#/runs'],
]
