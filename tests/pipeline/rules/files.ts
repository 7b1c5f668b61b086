import fc from 'fast-check'
import type { Entity, FeedFile } from './feed.ts'
import { type Content, content } from './shapes.ts'

/** The files of an entity in a batch: none, pages, one file instead of a folder, or something broken. */
export function filesIn(batch: string, entity: Entity): fc.Arbitrary<FeedFile[]> {
  const file = (name: string, { text, ending, damage }: Content): FeedFile => {
    const path = `${batch}/${entity}${name}${ending}`
    return damage ? { entity, path, content: text, damage } : { entity, path, content: text }
  }
  const pages = fc
    .array(content(entity), { minLength: 1, maxLength: 3 })
    .map(contents => contents.map((one, page) => file(`/${pageNames[page]}`, one)))
  const repeatedPage = pages.map(files => [
    ...files,
    ...files.slice(0, 1).map(first => ({ ...first, path: first.path.replace(/\/1\./, '/12.') })),
  ])
  const single = content(entity).map(one => [file('', one)])
  const withBroken = fc
    .tuple(pages, fc.constantFrom(...brokenFiles, ...emptyFiles))
    .map(([files, broken]) => [...files, file('/3', broken)])
  const onlyBroken = fc.constantFrom(...brokenFiles, ...emptyFiles).map(broken => [file('/1', broken)])

  return fc.oneof(
    { weight: 14, arbitrary: pages },
    { weight: 3, arbitrary: fc.constant<FeedFile[]>([]) },
    { weight: 1, arbitrary: repeatedPage },
    { weight: 1, arbitrary: single },
    { weight: 1, arbitrary: withBroken },
    { weight: 1, arbitrary: onlyBroken },
  )
}

/** Page names whose natural order differs from their text order. */
const pageNames = ['1', '2', '10']

/** Files that are refused whole (R6). */
const brokenFiles: Content[] = [
  { text: '[{"id":101,"name":"A"},{"id":10', ending: '.json' },
  { text: '{"id":101,"name":"A"}\n{"id":102,"na', ending: '.ndjson' },
  { text: '{"description":"Access denied","errors":[{"code":"x"}]}', ending: '.json' },
  { text: '[{"timestamp":"2026-01-05T00:00:00Z","code":"BDC_1144","severity":"ERROR","message":"Invalid session"}]', ending: '.json' },
  { text: '{"require_login":true}', ending: '.JSON' },
  { text: '"Unauthorized"', ending: '.json.gz' },
  { text: '\ufeff[null,{},{"id":101}]', ending: '.json' },
  { text: '{"error":"x"}\n{"id":101,\n', ending: '.jsonl' },
  { text: '<!DOCTYPE html>\n<html><body>Log in</body></html>', ending: '.json' },
  { text: '[{"id":101,"name":"A"}]', ending: '.json', damage: 'utf8' },
  { text: '[{"id":101,"name":"A"}]', ending: '.json.gz', damage: 'gzip' },
  { text: '[{"id":101,"name":"A\u0000"}]', ending: '.json' },
]

/** Files without records; except for the blank ones they can be a last page. */
const emptyFiles: Content[] = [
  { text: '', ending: '.json' },
  { text: ' \n', ending: '.ndjson' },
  { text: '[]', ending: '.json' },
  { text: '{"results":[],"nextPage":""}', ending: '.json' },
  { text: '{"type":"LOG","log":{"level":"INFO","message":"x"}}\n', ending: '.NDJSON' },
]
