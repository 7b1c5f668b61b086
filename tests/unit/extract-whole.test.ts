import { afterEach, describe, expect, it } from 'vitest'
import { batchesIn, createSite, filesBelow, recordsOf, type Site } from '../extract/site.ts'

let site: Site
afterEach(() => site.close())

describe('a batch', () => {
  it('holds what the servers know, byte by byte', async () => {
    site = await createSite()
    const r = await site.bring()
    console.log(r.said, r.lines.slice(-20), JSON.stringify(r.extracted?.marker, null, 1)?.slice(0, 6000), filesBelow(site.dataDir))
    console.log(r.extracted?.calls, site.clock.waits.length)
    expect(r.code).toBe(0)
  })
})
