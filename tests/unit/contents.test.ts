import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentHash, createContents, openContents } from '../../loaders/contents.ts'

const hashOf = (number: number) => contentHash(Buffer.from(`content ${number}`))

describe('contents that landed', () => {
  it('are named by the first half of the SHA-256 of their bytes', () => {
    const bytes = Buffer.from('{"id":1}')
    expect(Buffer.from(contentHash(bytes))).toEqual(createHash('sha256').update(bytes).digest().subarray(0, 16))
  })

  it('are found again, by entity and hash, on whatever thread opens the memory', () => {
    const contents = createContents(100)
    const place = { fileId: 2 ** 40 + 7, position: 2 ** 31 - 1, conforms: true }
    contents.add('agents', hashOf(1), place)
    contents.add('roles', hashOf(2), { ...place, conforms: false })
    for (const { find } of [contents, openContents(contents.memory)]) {
      expect(find('agents', hashOf(1))).toEqual(place)
      expect(find('roles', hashOf(2))).toEqual({ ...place, conforms: false })
      expect(find('roles', hashOf(1))).toBeUndefined()
      expect(find('agents', hashOf(3))).toBeUndefined()
    }
  })

  it('of one slot are told apart by all of their hash', () => {
    const contents = createContents(10)
    const [one, other] = [Uint8Array.from(hashOf(1)), Uint8Array.from(hashOf(1))]
    for (let byte = 0; byte < 16; byte += 1) {
      other.set(one)
      other[byte] = (one[byte] as number) ^ 1
      contents.add('agents', one, { fileId: 1, position: byte, conforms: true })
      expect(contents.find('agents', other), `byte ${byte}`).toBeUndefined()
      contents.add('agents', other, { fileId: 2, position: byte, conforms: true })
      expect(contents.find('agents', one)).toEqual({ fileId: 1, position: byte, conforms: true })
      contents.forget(2)
    }
  })

  it('of a file that does not land are forgotten, and can land with another', () => {
    const contents = createContents(100)
    for (let number = 0; number < 50; number += 1)
      contents.add('agents', hashOf(number), { fileId: number % 2, position: number, conforms: true })
    contents.forget(1)
    for (let number = 0; number < 50; number += 1)
      expect(contents.find('agents', hashOf(number))).toEqual(number % 2 ? undefined : { fileId: 0, position: number, conforms: true })
    contents.add('agents', hashOf(1), { fileId: 3, position: 0, conforms: false })
    expect(contents.find('agents', hashOf(1))).toEqual({ fileId: 3, position: 0, conforms: false })
  })

  it('never are more than the memory holds: what was not met for long goes, what is met stays', () => {
    const contents = createContents(1)
    const place = { fileId: 1, position: 0, conforms: true }
    contents.add('agents', hashOf(-1), place)
    let known = 0
    for (let number = 0; number < 20_000; number += 1) {
      contents.add('agents', hashOf(number), { ...place, position: number })
      if (number % 100 === 0) expect(contents.find('agents', hashOf(-1)), `after ${number}`).toEqual(place)
    }
    for (let number = 0; number < 20_000; number += 1) if (contents.find('agents', hashOf(number))) known += 1
    expect(known).toBeGreaterThan(100)
    expect(known).toBeLessThan(4000)
  })

  it('take 34 MB at most, however many are expected, and as much as those take that are known before', () => {
    expect(createContents(10 ** 9).memory.byteLength).toBeLessThan(34e6)
    expect(createContents(2 ** 21, 2 ** 20).memory.byteLength).toBeLessThan(54e6)
  })

  it('that are known before all stay, however many they are, while as many come as a part takes', () => {
    const [known, arriving] = [500_000, 470_000]
    const contents = createContents(known + arriving, known)
    // As evenly distributed as a hash, and faster.
    const words = new Uint32Array(4)
    const quickHash = (number: number) => {
      words.set([number, 0, 0, Math.imul(number, 2_654_435_761)])
      return new Uint8Array(words.buffer)
    }
    for (let number = 0; number < known + arriving; number += 1)
      contents.add('agents', quickHash(number), { fileId: number < known ? 1 : 2, position: number, conforms: true })
    for (const number of [0, 1, 250_000, known - 1, known, known + arriving - 1])
      expect(contents.find('agents', quickHash(number)), String(number)).toMatchObject({ position: number })
  })

  it('never are taken for others, in any order of adding, forgetting and asking', () => {
    const step = fc.tuple(fc.constantFrom('add', 'forget', 'find'), fc.nat(30), fc.nat(4))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const contents = createContents(1)
        const model = new Map<number, number>()
        for (const [what, number, fileId] of steps) {
          if (what === 'add') {
            contents.add('cards', hashOf(number), { fileId, position: number, conforms: true })
            model.set(number, fileId)
          } else if (what === 'forget') {
            contents.forget(fileId)
            for (const [key, file] of model) if (file === fileId) model.delete(key)
          } else expect(contents.find('cards', hashOf(number))?.fileId).toBe(model.get(number))
        }
      }),
    )
  })
})
