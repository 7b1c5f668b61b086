import { describe, expect, it } from 'vitest'
import { findList } from '../../loaders/envelope.ts'
import { shapeOf } from '../../loaders/record-shape.ts'
import { isStreamOf, unwrap } from '../../loaders/wrappers.ts'

describe('what is a record of an entity (R6)', () => {
  const agents = shapeOf('agents')

  it.each([
    ['its key and one field that is known by name, of whatever type', { id: null, type: 7 }],
    ['no key, but three fields of their type', { type: 'support_agent', contact: {}, ticket_scope: 1 }],
  ])('%s', (_, value) => expect(agents.foreign(value)).toBeUndefined())

  it.each([
    ['no object', null, 'is null; a record of agents has id and fields such as'],
    ['a text', 'Unauthorized', 'is the text "Unauthorized"; a record of agents has'],
    ['a broken line', undefined, 'is not JSON;'],
    ['nothing', {}, 'has no fields;'],
    ['its key alone', { id: 1 }, "has the fields 'id';"],
    ['its key with fields that nobody knows', { id: 'req-1', message: 'x' }, "has the fields 'id', 'message';"],
    [
      'three known fields, one of them null',
      { type: 'x', contact: {}, ticket_scope: null },
      "has the fields 'type', 'contact', 'ticket_scope';",
    ],
    ['three known fields, one of another type', { type: 'x', contact: [], ticket_scope: 1 }, 'has the fields'],
  ])('but not %s: the reason names what was found and what is expected', (_, value, reason) =>
    expect(agents.foreign(value)).toContain(reason),
  )
})

describe('the list of an envelope whose key nobody knows (R6)', () => {
  const agents = shapeOf('agents')

  it.each([
    ['holds a record with its key and three more known fields', { id: 1, type: 'x', contact: {}, ticket_scope: 1 }, true],
    ['whose key is not one of the three', { id: 1, type: 'x', contact: {} }, false],
  ])('%s', (_, record, isOne) => expect(agents.isRecord(record)).toBe(isOne))

  it.each([
    ['a record that NaN spoils is one', '{"items":[{"id":1,"type":"x","contact":{},"ticket_scope":1,"day_pass_count":NaN}]}', true],
    ['NaN is no number among the three', '{"items":[{"id":1,"type":"x","contact":{},"ticket_scope":NaN}]}', false],
  ])('%s', (_, text, isOne) => {
    const bytes = Buffer.from(text)
    expect(findList(bytes, 0, agents) !== undefined).toBe(isOne)
  })
})

describe('a wrapper', () => {
  const opened = (value: object) => {
    const bytes = Buffer.from(JSON.stringify(value))
    const inner = unwrap(bytes, value, ['id'])
    return inner?.kind === 'record' ? { text: bytes.toString('utf8', inner.start, inner.end), stream: inner.stream } : inner
  }
  const record = { id: 1, name: 'x' }
  const text = JSON.stringify(record)

  it.each([
    ['of a stream', { stream: 'agents', data: record }, 'agents'],
    ["of Airbyte's protocol", { type: 'RECORD', record: { stream: 'agents', emitted_at: 1, data: record } }, 'agents'],
    ["of Airbyte's files", { _airbyte_raw_id: 'x', _airbyte_data: record }, undefined],
    ['of Singer', { type: 'RECORD', stream: 'groups', record, time_extracted: 'x' }, 'groups'],
    ['of which the last member with a name counts', { stream: 'a', data: record, type: 'x' }, 'a'],
  ])('%s is opened to the bytes of its record', (_, value, stream) => expect(opened(value)).toEqual({ text, stream }))

  it.each(['SCHEMA', 'STATE', 'LOG', 'TRACE', 'ACTIVATE_VERSION'])('%s is a message, no record', type =>
    expect(opened({ type, value: record })).toEqual({ kind: 'message', error: undefined }),
  )

  it('says what went wrong in the extraction', () =>
    expect(opened({ type: 'TRACE', trace: { type: 'ERROR', error: { message: 'gone' } } })).toEqual({
      kind: 'message',
      error: '{"message":"gone"}',
    }))

  it.each([[{ id: 1, stream: 'x', data: {} }], [{ type: 'RECORD' }], [{ stream: 'x', data: [] }], [{ type: 'support_agent' }]])(
    'is not %j',
    value => expect(opened(value)).toBeUndefined(),
  )

  it('of admin_groups may also be of groups', () => {
    expect(isStreamOf('groups', 'admin_groups')).toBe(true)
    expect(isStreamOf('groups', 'agents')).toBe(false)
    expect(isStreamOf(undefined, 'agents')).toBe(true)
  })
})
