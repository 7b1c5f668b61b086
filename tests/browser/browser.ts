import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

/** The path of a Chromium: CHROMIUM_PATH, or one of the usual names in PATH. */
export const browserPath: string | undefined =
  process.env.CHROMIUM_PATH ||
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap(folder => ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(name => path.join(folder, name)))
    .find(file => existsSync(file))

/** Starts it headless and without network access. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath!,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  })
}

/** A page and its problems: errors, warnings, and attempts to load anything but its own file. */
export interface Watched {
  page: Page
  problems: string[]
}

/** Opens a file in a window of its own. */
export async function openFile(browser: Browser, file: string, size = { width: 1440, height: 900 }, theme: 'light' | 'dark' = 'light') {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce', offline: true })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', error => problems.push(String(error)))
  page.on('request', request => {
    if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) problems.push(`it asks for ${request.url()}`)
  })
  await page.goto(`file://${file}`)
  await page.waitForSelector('h1')
  return { page, problems } satisfies Watched
}

/** Follows a link within the page, as a click would. */
export async function goTo(page: Page, link: string): Promise<void> {
  await page.evaluate(hash => {
    location.hash = hash
  }, link)
  await page.waitForFunction(hash => location.hash === hash, link)
  // Charts and graphs are drawn after the page.
  await page.waitForTimeout(450)
}

/** The violations that axe-core finds in the present page: rule and place. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    return (await checker.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.length} times, as in ${nodes[0]?.html.slice(0, 200)}`)
  })
  return found
}

const axe: string = (createRequire(import.meta.url)('axe-core') as { source: string }).source
