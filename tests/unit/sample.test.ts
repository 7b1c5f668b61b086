import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sampleFiles } from '../../bench/sample.ts'

const folder = fileURLToPath(new URL('../../data', import.meta.url))

describe('the sample feed', () => {
  const made = sampleFiles()

  it('is the same each time', () => {
    expect(sampleFiles()).toEqual(made)
  })

  it('is what lies in data/', () => {
    const committed = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    expect(committed.sort()).toEqual([...made.keys()].sort())
    for (const [path, bytes] of made) {
      const there = readFileSync(join(folder, path))
      expect(unpacked(path, there).equals(unpacked(path, bytes)), path).toBe(true)
    }
  })

  it('names nobody who could be real', () => {
    const text = [...made].map(([path, bytes]) => unpacked(path, bytes).toString()).join('\n')
    expect(text.match(/[\w.]+@(?!example\.(com|org)\b)[\w.]+/g)).toBeNull()
    expect(text.match(/"(?:phone|mobile)": ?"(?!(?:\+1 212-|\(415\) )555-01\d\d")[^"]*"/g)).toBeNull()
  })
})

/** The content of a gzip file, as far as it goes: versions of zlib compress differently. */
function unpacked(path: string, bytes: Buffer): Buffer {
  return path.endsWith('.gz') ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes
}
