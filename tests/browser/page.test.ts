import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUILT, buildCommand } from '../../run/commands/build.ts'
import { docsCommand } from '../../run/commands/docs.ts'
import { planCommand } from '../../run/commands/plan.ts'
import { perform } from '../pipeline/command.ts'
import { type FreshDatabase, freshDatabase, projectDir } from '../pipeline/database.ts'
import { browserPath, goTo, openFile, startBrowser, violations } from './browser.ts'
import { HOSTILE } from './hostile.ts'

const AGENTS = 'model.deskledger.agents'
const VIEWS: [name: string, link: string][] = [
  ['answers', '#/'],
  ['people', '#/report/people'],
  ['access', '#/report/access'],
  ['spending', '#/report/spending'],
  ['budgets', '#/report/budget_use'],
  ['cards', '#/report/card_use'],
  ['to-do', '#/report/to_do'],
  ['data-quality', '#/report/data_quality'],
  ['overview', '#/overview'],
  ['catalogue', '#/catalogue'],
  ['tests', '#/catalogue?list=tests'],
  ['macros', '#/catalogue?list=macros'],
  ['table', `#/node/${AGENTS}`],
  ['source', '#/node/source.deskledger.raw.agents'],
  ['lineage', '#/lineage'],
  ['all', '#/lineage?all=1'],
  ['around', `#/lineage/${AGENTS}?depth=1`],
  ['column', `#/column/${AGENTS}/email`],
  ['entities', '#/entities'],
  ['quality', '#/quality'],
  ['runs', '#/runs'],
]

if (!browserPath)
  console.log('No Chromium: set CHROMIUM_PATH, or install one (apt-get install chromium). The tests of the page are skipped.')

describe.skipIf(!browserPath)('the page of the sample project', () => {
  const folder = join(projectDir, 'target/browser')
  const file = join(folder, 'index.html')
  let database: FreshDatabase
  let feed: string
  let browser: Browser

  beforeAll(async () => {
    database = await freshDatabase()
    feed = await mkdtemp(join(tmpdir(), 'deskledger-feed-'))
    await cp(join(projectDir, 'data'), feed, { recursive: true })
    await mkdir(join(feed, 'sync-day3/agents'), { recursive: true })
    // A refused record, with a script wherever a text is possible.
    const agent = { id: HOSTILE, signature: HOSTILE, contact: { name: HOSTILE, email: HOSTILE } }
    await writeFile(join(feed, 'sync-day3/agents/hostile.json'), JSON.stringify([agent]))
    const at = { url: database.url, dir: projectDir, options: { targetPath: folder, logPath: folder, data: feed } }
    // A group with this name, which every report of groups shows.
    await writeFile(join(feed, 'sync-day3/admin_groups/hostile.json'), JSON.stringify([{ id: 69000370099, name: HOSTILE, agent_ids: [] }]))
    const built = await perform(command => buildCommand(command, { types: [...BUILT], loads: true }), { ...at, name: 'build' })
    expect(built.code, built.stderr).toBe(0)
    for (const options of [at.options, { ...at.options, report: 'people' }]) {
      const made = await perform(docsCommand, { ...at, options, name: 'generate' })
      expect(made.code, made.stderr).toBe(0)
    }
    await writeFile(join(feed, 'sync-day3/agents/late.json'), JSON.stringify([{ ...agent, id: 69000370777, active: true }]))
    const planned = await perform(planCommand, { ...at, options: { ...at.options, html: true, markdown: true }, name: 'plan' })
    expect(planned.code, planned.stderr).toBe(0)
    browser = await startBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await database?.drop()
    if (feed) await rm(feed, { recursive: true })
  })

  it.each([
    [1440, 'light'],
    [1440, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)('is without errors and open to everybody at %i pixels, %s', async (width, theme) => {
    const { page, problems } = await openFile(browser, file, { width, height: 900 }, theme)
    const found: string[] = []
    for (const [name, link] of VIEWS) {
      await goTo(page, link)
      found.push(...(await violations(page)).map(one => `${name}: ${one}`))
      const surplus = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (surplus > 0) found.push(`${name} is ${surplus} pixels wider than the window`)
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true })
    }
    expect(found).toEqual([])
    expect(problems).toEqual([])
    await page.context().close()
  })

  it.each([
    ['report-people', 1440, 'light'],
    ['report-people', 390, 'dark'],
    ['plan', 1440, 'dark'],
    ['plan', 390, 'light'],
  ] as const)('writes %s.html as a small page without a script, open to everybody at %i pixels, %s', async (name, width, theme) => {
    const html = await readFile(join(folder, `${name}.html`), 'utf8')
    expect(html.length).toBeLessThan(1_000_000)
    expect(html).not.toContain('<script')
    const { page, problems } = await openFile(browser, join(folder, `${name}.html`), { width, height: 900 }, theme)
    // axe is a script itself, which the page forbids.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    expect(await page.evaluate(() => document.querySelectorAll('img').length)).toBe(0)
    expect(await page.getByText(name === 'plan' ? 'core.agents' : '<img src=x onerror').count()).toBeGreaterThan(0)
    await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true })
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('sums a plan up in Markdown that holds no HTML of the feed', async () => {
    const text = await readFile(join(folder, 'plan.md'), 'utf8')
    expect(text).toContain('A build would be published')
    expect(text).toContain('`core.agents`')
    expect(text).toContain('report People')
    expect(text).not.toContain('<img')
    expect(text.length).toBeLessThan(20_000)
  })

  it('prints a report without what only a screen needs', async () => {
    const { page, problems } = await openFile(browser, file, { width: 720, height: 1000 }, 'dark')
    await goTo(page, '#/report/people')
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.top nav').isVisible()).toBe(false)
    expect(await page.locator('.aside').first().isVisible()).toBe(false)
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)')
    await page.screenshot({ path: join(folder, 'people-720-print.png'), fullPage: true })
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('shows all groups, also those of a circle', async () => {
    const { page } = await openFile(browser, file)
    await goTo(page, '#/report/people')
    const names = await page.locator('.tree tbody th').allTextContents()
    const [row] = await database.sql`select count(*)::int as n from marts.group_headcount`
    expect(names).toHaveLength(row!.n)
    for (const name of ['Onboarding', 'Onboarding Partners'])
      expect(names.some(text => text.startsWith(name) && /circle/.test(text))).toBe(true)
    const lefts = await page.locator('.tree tbody .tree-bars i').evaluateAll(bars => bars.map(bar => bar.getBoundingClientRect().left))
    expect(new Set(lefts).size).toBe(1)
    await page.context().close()
  })

  it('finds names and business words, and marts before what lies nearer to the feed', async () => {
    const { page } = await openFile(browser, file)
    await page.keyboard.press('/')
    await page.keyboard.type('onboarding')
    await page.locator('[role=option]', { hasText: 'People by group' }).first().waitFor()
    await page.getByRole('combobox').fill('remaining')
    await page.locator('[role=option]', { hasText: 'remaining' }).first().waitFor()
    const found = await page.getByRole('option').allTextContents()
    const at = (part: string) => found.findIndex(text => text.includes(part))
    expect(at('marts.budget_utilisation')).toBeGreaterThanOrEqual(0)
    for (const schema of ['staging.', 'errors.']) if (at(schema) >= 0) expect(at('marts.')).toBeLessThan(at(schema))
    await page.context().close()
  })

  it('leads from a figure to its mart, its column and the JSON path', async () => {
    const { page } = await openFile(browser, file)
    await goTo(page, '#/report/spending')
    const figure = page.locator('#f-by_month')
    await figure.locator('details.from > summary').click()
    await figure.getByText('of raw.transactions').first().waitFor()
    await figure.getByRole('link', { name: 'marts.spend_by_budget_month.settled_usd' }).click()
    await page.getByRole('heading', { name: 'settled_usd' }).waitFor()
    await page.getByRole('link', { name: /records? .*warning/ }).click()
    await page.waitForFunction(() => location.hash === '#/quality?entity=transactions')
    await page.context().close()
  })

  it('finds by /, arrows and Enter, and goes back', async () => {
    const { page, problems } = await openFile(browser, file)
    await page.keyboard.press('/')
    await page.keyboard.type('group headcount')
    await page.waitForSelector('[role=option]')
    expect(await page.getByRole('option').first().textContent()).toContain('marts.group_headcount')
    expect(await violations(page)).toEqual([])
    await page.screenshot({ path: join(folder, 'search-1440-light.png') })
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => location.hash === '#/node/model.deskledger.group_headcount')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('marts.group_headcount')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    await page.goBack()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Answers')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('nothinglikethis')
    await page.getByText('Nothing found.').waitFor()
    await page.keyboard.press('Escape')
    expect(await page.locator('dialog').isVisible()).toBe(false)
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('leads along a column from the JSON path to the mart and back', async () => {
    const { page } = await openFile(browser, file)
    await goTo(page, '#/node/model.deskledger.spend_by_budget_month')
    await page.getByRole('table').getByRole('link', { name: 'amount_usd', exact: true }).click()
    await page.getByRole('heading', { name: 'amount_usd' }).waitFor()
    const from = page.getByRole('region', { name: 'Comes from' })
    const steps = await from.getByRole('listitem').allTextContents()
    for (const step of [
      'staging.spend_by_budget_id amount_usd',
      'core.transactions amount_usd',
      'staging.base_transactions amount_usd',
      'raw.transactions amount',
    ])
      expect(
        steps.map(text => text.replace(/^\d+/, '')),
        step,
      ).toContain(step)
    await page.screenshot({ path: join(folder, 'way-1440-light.png') })
    await page.locator('svg').getByRole('link', { name: 'amount of raw.transactions', exact: true }).first().focus()
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => location.hash === '#/column/source.deskledger.raw.transactions/record')
    const into = page.getByRole('region', { name: 'Goes into' })
    expect((await into.getByRole('listitem').allTextContents()).map(text => text.replace(/^\d+/, ''))).toContain(
      'marts.spend_by_budget_month amount_usd',
    )
    await page.context().close()
  })

  it('goes back to where it was', async () => {
    const { page } = await openFile(browser, file)
    await goTo(page, '#/catalogue')
    await page.evaluate(() => scrollTo(0, 700))
    await page.waitForFunction(() => history.state?.top === 700)
    await goTo(page, `#/node/${AGENTS}`)
    expect(await page.evaluate(() => scrollY)).toBe(0)
    await page.goBack()
    await page.waitForFunction(() => scrollY === 700)
    await page.context().close()
  })

  it('shows what is hostile as text', async () => {
    const { page, problems } = await openFile(browser, file)
    await goTo(page, '#/quality')
    await page.getByRole('button', { name: /^All \d+ kinds$/ }).click()
    for (const kind of await page.locator('.error-type > summary').all()) await kind.click()
    expect(await page.locator('pre.record', { hasText: '<script>window.broken = 1' }).count()).toBeGreaterThan(0)
    await goTo(page, '#/report/people')
    expect(await page.locator('.tree th', { hasText: '<img src=x onerror' }).count()).toBe(1)
    expect(await page.evaluate(() => [(window as { broken?: number }).broken, document.querySelectorAll('img').length])).toEqual([
      undefined,
      0,
    ])
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('draws the graph for the keyboard too', async () => {
    const { page } = await openFile(browser, file)
    await goTo(page, `#/lineage/${AGENTS}?depth=1`)
    const boxes = page.locator('svg a.box')
    const few = await boxes.count()
    await page.getByLabel('Steps in each direction').selectOption('99')
    await page.waitForFunction(before => document.querySelectorAll('svg a.box').length > before, few)
    await page.locator('svg a.box[data-id$="group_headcount"]').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'marts.group_headcount' }).waitFor()
    await page.locator('.viewport svg').focus()
    const place = () => page.locator('.viewport svg > g').getAttribute('transform')
    const before = await place()
    await page.keyboard.press('+')
    await page.keyboard.press('ArrowLeft')
    expect(await place()).not.toBe(before)
    await page.keyboard.press('0')
    await page.context().close()
  })

  it('changes its colours by the switch', async () => {
    const { page } = await openFile(browser, file)
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await paper()
    const button = page.getByRole('button', { name: /^Colours/ })
    await button.click()
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light')
    expect(await paper()).toBe(light)
    await button.click()
    await expect.poll(paper).not.toBe(light)
    await page.reload()
    await expect.poll(paper).not.toBe(light)
    await page.context().close()
  })
})
