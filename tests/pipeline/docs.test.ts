import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docsCommand, serveCommand } from '../../run/commands/docs.ts'
import type { PageData } from '../../run/docs/pagedata.ts'
import { serveDocs } from '../../run/docs/serve.ts'
import { perform } from './command.ts'
import { type FreshDatabase, freshDatabase } from './database.ts'
import { buildFixture, type Fixture, fixture } from './fixture.ts'

const HOSTILE = '</script><script>alert(1)</script>\u2028'

let database: FreshDatabase
let project: Fixture

beforeAll(async () => {
  database = await freshDatabase({ migrate: false })
  project = await fixture({
    'models/kept.sql': "{{ config(materialized='table') }} select 1 as id, '</script>' as signature",
    'models/read.sql': "select id, signature from {{ ref('kept') }}",
    'models/_models.yml': `models:\n  - {name: kept, description: ${JSON.stringify(HOSTILE)}, columns: [{name: id, data_tests: [unique]}]}\n`,
  })
  await buildFixture(database.sql, project.dir)
})

afterAll(async () => {
  await database?.drop()
  await project?.remove()
})

const generate = () => perform(docsCommand, { url: database.url, dir: project.dir, name: 'generate' })
const html = () => readFileSync(join(project.dir, 'target/index.html'), 'utf8')
const dataIn = (page: string): PageData => JSON.parse(/<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page)![1]!)

describe('docs generate', () => {
  it('writes one page that loads nothing and holds all data, escaped', async () => {
    expect((await generate()).code).toBe(0)
    const page = html()
    expect(page.match(/<script\b/g)).toHaveLength(2)
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    const frame = page.replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '<$1>')
    expect(frame).toMatch(/Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[\w+/=]+';/)
    expect(frame).not.toMatch(/\ssrc=|href="(?!data:)/)
    expect(/<style>([\s\S]*?)<\/style>/.exec(page)![1]).not.toMatch(/@import|url\(/)
    const data = dataIn(page)
    expect(data.nodes.map(({ name }) => name)).toEqual(['kept', 'read'])
    expect(data.nodes[0]!.description).toBe(HOSTILE)
    expect(Object.keys(data.placed.boxes)).toEqual(['model.shop.kept', 'model.shop.read'])
  })

  it('copies the folders of asset-paths, and refuses one that holds more than assets', async () => {
    const target = (name: string) => join(project.dir, 'target', name)
    await project.write({
      'dbt_project.yml': 'name: shop\nprofile: shop\nasset-paths: [pictures, docs/more, none]\n',
      'pictures/a.svg': '<svg/>',
      'docs/more/deep/b.txt': 'b',
      'target/pictures/old.svg': '<svg/>',
    })
    expect((await generate()).code).toBe(0)
    expect([readFileSync(target('pictures/a.svg'), 'utf8'), readFileSync(target('docs/more/deep/b.txt'), 'utf8')]).toEqual(['<svg/>', 'b'])
    expect(existsSync(target('pictures/old.svg'))).toBe(false)
    for (const wrong of ['.', '../elsewhere', 'target', 'target/pictures'])
      expect(
        await project.write({ 'dbt_project.yml': `name: shop\nprofile: shop\nasset-paths: ["${wrong}"]\n` }).then(generate),
      ).toMatchObject({ code: 2, stderr: expect.stringContaining(`dbt_project.yml:3:1: '${wrong}' of asset-paths cannot be copied`) })
    expect(existsSync(target('pictures/a.svg'))).toBe(true)
    await project.write({ 'dbt_project.yml': 'name: shop\nprofile: shop\n' })
  })

  it('of a project with mistakes shows what could be read, tells them, and leaves with 1', async () => {
    await writeFile(join(project.dir, 'models/broken.sql'), "select * from {{ ref('nobody') }}")
    const { code, stderr } = await generate()
    expect(code).toBe(1)
    expect(stderr).toContain('nobody')
    const data = dataIn(html())
    expect(data.errors).toMatchObject([{ file: 'models/broken.sql', line: 1 }])
    expect(data.nodes.map(({ name }) => name)).toContain('kept')
  })
})

describe('docs serve', () => {
  it('shows the page and the artifacts to this machine, and nothing else', async () => {
    const serving = await serveDocs(join(project.dir, 'target'), 0)
    try {
      expect(serving.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
      expect(await get(serving.url)).toMatchObject({ status: 200, length: Buffer.byteLength(html()) })
      expect(await get(`${serving.url}?x=1#/node`)).toMatchObject({ status: 200 })
      expect(await get(`${serving.url}catalog.json`)).toMatchObject({ status: 200 })
      for (const path of ['../dbt_project.yml', '%2e%2e/dbt_project.yml', '/etc/passwd', 'compiled', 'constructor'])
        expect(await get(serving.url + path), path).toMatchObject({ status: 404 })
      expect(await get(serving.url, { host: 'evil.example:80' })).toMatchObject({ status: 403 })
      expect(await get(serving.url, { host: 'localhost:80' })).toMatchObject({ status: 200 })
      await expect(serveDocs(project.dir, Number(new URL(serving.url).port))).rejects.toThrow(/is taken by another program/)
    } finally {
      await serving.close()
    }
  })

  it('says its address, and Ctrl-C ends it well', async () => {
    const stop = new AbortController()
    const run = (command: Parameters<typeof serveCommand>[0]) => serveCommand({ ...command, signal: stop.signal })
    setTimeout(() => stop.abort(), 300)
    const { code, stdout } = await perform(run, { url: database.url, dir: project.dir, options: { port: 0 } })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//)])
  })

  it('without a page says how to make one', async () => {
    const empty = await fixture({})
    const { code, stderr } = await perform(serveCommand, { url: database.url, dir: empty.dir, options: { port: 0 } })
    expect([code, stderr]).toEqual([2, expect.stringContaining('docs generate')])
    expect(existsSync(join(empty.dir, 'target/index.html'))).toBe(false)
    await empty.remove()
  })
})

function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; length: number }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    // The path as given: URL would resolve the dots.
    const path = url.replace(/^http:\/\/[^/]*/, '').replace(/#.*/, '')
    request({ hostname, port, path, headers }, response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, length: Buffer.concat(parts).length }))
    })
      .on('error', reject)
      .end()
  })
}
