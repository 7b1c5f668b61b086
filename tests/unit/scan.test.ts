import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createContents } from '../../loaders/contents.ts'
import type { Entity } from '../../loaders/entities.ts'
import { type Bundle, judge, roomOf } from '../../loaders/judge.ts'
import { judgeHere, startJudge } from '../../loaders/judge-thread.ts'
import { createPool } from '../../loaders/pool.ts'
import { bundles } from '../../loaders/record-batches.ts'
import { decodeRow, rowStarts } from '../../loaders/rows.ts'
import type { FeedFile } from '../../loaders/survey.ts'

/** The records of a document, read in chunks through a window of this initial size. */
async function recordsOf(
  text: string | Buffer,
  { name = '1.json', window = 16, chunk = 7, entity = 'agents' as const } = {},
): Promise<string[]> {
  const bytes = Buffer.from(text)
  let at = 0
  const read = async (into: Buffer, from: number) => {
    const count = bytes.copy(into, from, at, Math.min(at + chunk, at + into.length - from))
    at += count
    return count
  }
  const file: FeedFile = { path: `sync-day1/${entity}/${name}`, location: '', batch: 'sync-day1', entity, stats: undefined }
  const records: string[] = []
  for await (const bundle of bundles(file, 1n, { read }, createPool(window))) {
    const { rows: pieces, broken, lastBroken } = judge(bundle, Buffer.alloc(roomOf(bundle)))
    if (broken) throw new Error(broken)
    if (lastBroken && bundle.unterminated) throw new Error('ends in the middle of its last line')
    const rows = Buffer.concat(pieces)
    const starts = rowStarts(rows)
    for (let row = 0; row + 1 < starts.length; row += 1) {
      const encoded = rows.subarray(starts[row], starts[row + 1])
      records.push(encoded.readInt32BE(22) < 0 ? 'text' : decodeRow(encoded).bytes.toString())
      expect(decodeRow(encoded).position).toBe(records.length - 1)
    }
  }
  return records
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const values = (texts: string[]) => texts.map(text => JSON.parse(text))

// Strings that are difficult for a byte scanner.
const string = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '\n', 'é', '😀', 'a', ' ', '/'), maxLength: 12 })
const { value } = fc.letrec(tie => ({
  value: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, true, false, 0, -1.5, 1e300), string, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(string, tie('value'), { maxKeys: 4 }),
}))
const space = fc.constantFrom(undefined, 0, 1, 2, '\t')
const sizes = { window: fc.integer({ min: 1, max: 64 }), chunk: fc.integer({ min: 1, max: 40 }) }
const record = fc.record({ id: fc.integer(), value })

describe('the records of a document', () => {
  it('are what JSON.parse finds in an array, however it is cut and printed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value), space, fc.record(sizes), async (list, indent, cut) => {
        expect(values(await recordsOf(JSON.stringify(list, null, indent), cut))).toEqual(list)
      }),
    )
  })

  it('are the elements of an envelope, whatever stands beside them', async () => {
    const beside = fc.dictionary(fc.constantFrom('page', 'meta', 'next'), value)
    await fc.assert(
      fc.asyncProperty(
        beside,
        fc.constantFrom('results', 'data', 'agents'),
        fc.array(value),
        beside,
        space,
        fc.record(sizes),
        async (head, key, list, tail, indent, cut) => {
          const envelope = { ...head, [key]: list, ...tail }
          expect(values(await recordsOf(JSON.stringify(envelope, null, indent), cut))).toEqual(list)
        },
      ),
    )
  })

  it('are the object itself when it has an id', async () => {
    await fc.assert(
      fc.asyncProperty(record, space, fc.record(sizes), async (one, indent, cut) => {
        expect(values(await recordsOf(JSON.stringify({ ...one, data: [1] }, null, indent), cut))).toEqual([{ ...one, data: [1] }])
      }),
    )
  })

  it('are the lines of NDJSON, by ending or by content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 2 }),
        fc.constantFrom('1.json', '1.ndjson', '1.jsonl'),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.boolean(),
        fc.record(sizes),
        async (list, name, newline, ends, cut) => {
          const text = list.map(one => JSON.stringify(one)).join(newline) + (ends ? newline : '')
          expect(values(await recordsOf(text, { ...cut, name }))).toEqual(list)
        },
      ),
    )
  })

  it.each(['{"results":[1],"results":[2]}', '{"data":[],"agents":[2]}', '{"results":[1],"x":{"data":[3]},"data" : [ 2 ]}'])(
    'are not guessed where an envelope has two lists: %s',
    async text => {
      await expect(recordsOf(text, { window: 1 << 10 })).rejects.toThrow('two lists of records')
      expect(values(await recordsOf(text.replace(/\[ ?2 ?\]/, '[ ]'), { window: 1 << 10 }))).toEqual(text.includes('[1]') ? [1] : [])
    },
  )

  it('are never found in a document that JSON.parse refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.array(value), record, fc.record({ results: fc.array(value) })),
        space,
        fc.nat(),
        fc.constantFrom('', ',', ']', '}', '"', 'x', '{'),
        fc.record(sizes),
        async (document, indent, place, noise, cut) => {
          const text = JSON.stringify(document, null, indent)
          const at = place % (text.length + 1)
          const broken = text.slice(0, at) + noise + text.slice(noise ? at : at + 1)
          const found = await recordsOf(broken, cut).then(
            () => true,
            () => false,
          )
          if (broken.trim() !== '' && !broken.includes('}\n{')) expect(found).toBe(parses(broken))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('unwraps lines of {stream, data, emitted_at}', async () => {
    const text = [
      '{"stream":"agents","data":{"id":1,"note":"a \\"data\\": {"},"emitted_at":5}',
      '{"emitted_at":5, "data" : { "id":2 }, "stream":"agents"}',
    ].join('\n')
    expect(await recordsOf(text)).toEqual(['{"id":1,"note":"a \\"data\\": {"}', '{ "id":2 }'])
    expect(await recordsOf('{"stream":"agents","data":{"id":1},"emitted_at":5}')).toEqual(['{"id":1}'])
  })

  it('keeps the source bytes', async () => {
    const records = ['{"id": 12345678901234567890, "amount": 184.10, "e": 1e400}', '{"id":1,"id":2}']
    expect(await recordsOf(`\ufeff [${records.join(' ,\n')}] `)).toEqual(records)
  })

  it.each([
    ['', []],
    [' \n', []],
    ['\ufeff', []],
    ['[]', []],
    ['{"results":[]}', []],
    ['{"results":null}', ['{"results":null}']],
    ['{}', ['{}']],
    [' 5 ', ['5']],
    ['"x"', ['"x"']],
    ['null', ['null']],
    ['[1,[2],"[",{}]', ['1', '[2]', '"["', '{}']],
    ['[{"id":NaN},{"id":2}]', ['text', '{"id":2}']],
    ['{"id":1,"a":-Infinity}', ['text']],
    ['{"id":1,"a":"\\u0000"}', ['text']],
    ['{"id":1,"a":"\\ud83d"}', ['text']],
    ['{"id":1,"a":"\\ud83d\\ude00 \\\\u0000"}', ['{"id":1,"a":"\\ud83d\\ude00 \\\\u0000"}']],
    [`[${'['.repeat(5000)}${']'.repeat(5000)}]`, ['text']],
  ])('of %j', async (text, expected) => {
    expect(await recordsOf(text)).toEqual(expected)
  })

  it.each([
    ['[{"id":1},{"id":2', 'ends in the middle'],
    ['{"results":[{"id":1}', 'ends in the middle'],
    ['{"results":[{"id":1}]', 'does not parse around its records'],
    ['[{"id":1},]', 'does not parse'],
    ['[{"id":1}{"id":2}]', 'does not parse'],
    ['[{"id":1}] x', 'more follows'],
    ['{"id":1}{"id":2}', 'more follows'],
    ['{\n"id":1}\n{"id":2}', 'more follows'],
    ['[{"id":"\u0000"}]', 'does not parse'],
    ['[NaNx]', 'does not parse'],
    [' <html>', 'HTML'],
    ['hello', 'does not parse'],
  ])('refuses %j', async (text, reason) => {
    await expect(recordsOf(text)).rejects.toThrow(reason)
  })

  it('lands a broken line as text, but refuses a file that ends in one', async () => {
    expect(await recordsOf('{"id":1}\n{"id":2\nx\u0000\n', { name: '1.ndjson' })).toEqual(['{"id":1}', 'text', 'text'])
    expect(await recordsOf('{"id":1}\n{"id":2', { name: '1.ndjson', window: 100 }).catch(error => error.message)).toContain('last line')
  })
})

it('counts positions over bundles without their messages, here and on a thread, and anew for the next file', async () => {
  const bundle = (fileId: bigint, first: number, ...lines: string[]): Bundle => {
    const text = lines.join('\n')
    // Memory of its own, as it is transferred to the thread.
    const bytes = Buffer.alloc(text.length, text)
    const ends = lines.map((_, at) => lines.slice(0, at + 1).join('\n').length)
    return {
      entity: 'agents',
      fileId,
      first,
      bytes,
      bounds: Uint32Array.from(lines.flatMap((line, at) => [ends[at]! - line.length, ends[at]!])),
      kind: 'line',
    }
  }
  const agent = (id: number) => `{"type":"RECORD","stream":"agents","record":{"id":${id},"contact":{"name":"A"}}}`
  const state = '{"type":"STATE","value":{}}'
  for (const judge of [judgeHere(createContents(9)), startJudge(createContents(9))]) {
    const places: number[] = []
    for (const one of [bundle(1n, 0, state, agent(1), state), bundle(1n, 3, agent(2), state, agent(3)), bundle(2n, 0, agent(4))]) {
      const rows = Buffer.concat((await judge.judge(one, false)).rows)
      const starts = rowStarts(rows)
      places.push(...starts.slice(0, -1).map((start, at) => decodeRow(rows.subarray(start, starts[at + 1])).position))
    }
    await judge.close()
    expect(places).toEqual([0, 1, 2, 0])
  }
})

it('ends with an error when the thread that judges dies, and for all that it is asked after', async () => {
  const judge = startJudge(createContents(1))
  const bundle = () => ({
    entity: 'nothing' as Entity,
    fileId: 1n,
    first: 0,
    bytes: Buffer.alloc(1),
    bounds: new Uint32Array(),
    kind: 'line' as const,
  })
  await expect(Promise.all([judge.judge(bundle(), false), judge.judge(bundle(), false)])).rejects.toThrow('nothing.yml')
  await expect(judge.judge(bundle(), false)).rejects.toThrow('nothing.yml')
  await judge.close()
})
