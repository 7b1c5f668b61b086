import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { compareText, isBatch } from './batches.ts'
import { entities, type Feed, type FeedBatch, type FeedFile } from './feed.ts'

/** The feed in a data folder, to apply the rules to real files. Other files are ignored. */
export function readFeed(folder: string): Feed {
  const batches = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory() && isBatch(entry.name))
  return batches
    .sort((a, b) => compareText(a.name, b.name))
    .map(({ name }): FeedBatch => {
      const files = readdirSync(join(folder, name), { recursive: true }).flatMap(file => read(folder, `${name}/${file}`))
      const marker = join(folder, name, '_COMPLETE')
      return existsSync(marker) ? { name, files, marker: readFileSync(marker, 'utf8') } : { name, files }
    })
}

function read(folder: string, path: string): FeedFile[] {
  const [, , ofFolder, ofFile] = /^([^/]+)\/(?:([^/.]+)\/[^/]+|([^/.]+))\.(?:json|ndjson|jsonl)(?:\.gz)?$/i.exec(path) ?? []
  const entity = entities.find(known => known === (ofFolder ?? ofFile))
  if (!entity) return []
  const bytes = readFileSync(join(folder, path))
  let text = bytes
  try {
    if (/\.gz$/i.test(path)) text = gunzipSync(bytes)
  } catch {
    return [{ entity, path, content: '', damage: 'gzip', bytes }]
  }
  try {
    return [{ entity, path, content: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text), bytes }]
  } catch {
    return [{ entity, path, content: '', damage: 'utf8', bytes }]
  }
}
