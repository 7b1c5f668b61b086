import { describe, expect, it } from 'vitest'
import { errorTypes, only, pick, role, warehouse } from '../pipeline/rules/by-hand.ts'

const [a, b] = ['{"id":1,"name":"A"}', '{"id":2,"name":"B"}']

describe('landing and accounting', () => {
  it.each([
    ['an array', '.json', `[${a},${b}]`, '2'],
    ['a page', '.json', `{"results":[${a}]}`, '1'],
    ['a page by another name', '.json', `{"data":[${a},7]}`, '2'],
    ['one object', '.json', a, '1'],
    ['a byte order mark', '.json', `\ufeff[${a}]`, '1'],
    ['an ending in upper case', '.JSON', `[${a}]`, '1'],
    ['an empty file', '.json', '', '0'],
    ['an empty list', '.json', '[]', '0'],
    ['an empty page', '.json', '{"results":[],"nextPage":null}', '0'],
    ['two lists of which one is empty', '.json', `{"results":[],"roles":[${a}]}`, '1'],
    ['NaN in a record', '.json', `[{"id":1,"name":"A","x":NaN},${b}]`, '2'],
    ['lines', '.ndjson', `${a}\n${b}\n`, '2'],
    ['a broken line', '.ndjson', `${a}\n{"id":\n${b}\n`, '3'],
    ['a broken last line with an end', '.jsonl', `${a}\n{"id":\n`, '2'],
    ['lines in upper case', '.NDJSON', `${a}\n${b}\n`, '2'],
  ])('R6 lands the records of %s', (_, ending, content, records) => {
    const found = warehouse({ [`tran/roles/1${ending}`]: content })
    expect(only(found, 'ops.file_accounting').records).toBe(records)
    expect(errorTypes(found, 'role')).not.toContain('refused_file')
  })

  const full = '{"id":1,"name":"A","description":"x","created_at":"2026-01-01T00:00:00Z"}'
  it.each([
    ['the one key that holds records', `{"items":[7,${full}],"tags":["x"]}`, '2'],
    ['a list one level deeper', `{"data":{"roles":[${a},${b}]},"meta":{"x":[]}}`, '2'],
    ['the one key one level deeper', `{"response":{"items":[${full}]}}`, '1'],
    ['groups in admin_groups only', `{"groups":[${a}]}`, undefined],
    ['two levels deeper', `{"x":{"y":{"results":[${a}]}}}`, undefined],
    ['a list whose records have too few known fields', `{"items":[${a}]}`, undefined],
    ['two keys that hold records', `{"x":[${full}],"y":[${full}]}`, undefined],
    ['two lists, of which neither may be lost', `{"results":[${a}],"data":[${b}]}`, undefined],
  ])('R6 opens an envelope with %s', (_, content, records) => {
    const found = warehouse({ 'tran/roles/1.json': content })
    expect(only(found, 'ops.file_accounting').records).toBe(records ?? '0')
    expect(errorTypes(found, 'role').includes('refused_file')).toBe(records === undefined)
  })

  it.each([
    `{"stream":"roles","data":${a},"emitted_at":5}`,
    `{"type":"RECORD","record":{"stream":"roles","data":${a},"emitted_at":1}}`,
    `{"_airbyte_ab_id":"x","_airbyte_data":${a}}`,
    `{"type":"RECORD","stream":"roles","record":${a}}`,
  ])('R6 opens the wrapper %s', wrapped => {
    for (const [ending, content] of [
      ['.ndjson.gz', `${wrapped}\n`],
      ['.json', `[${wrapped}]`],
    ] as const) {
      const found = warehouse({ [`tran/roles/1${ending}`]: content })
      expect(only(found, 'core.roles')).toMatchObject({ role_id: '1', name: 'A' })
    }
  })

  it('R6 takes messages of protocols for no records, and counts positions without them', () => {
    const lines = [
      '{"type":"SCHEMA","stream":"roles","schema":{}}',
      a,
      '{"type":"LOG","log":{}}',
      '{"id":-1,"name":"B"}',
      '{"type":"STATE"}',
    ]
    const found = warehouse({ 'tran/roles/1.jsonl': `${lines.join('\n')}\n` })
    expect(only(found, 'ops.file_accounting')).toMatchObject({ records: '2', staged: '1', quarantined: '1' })
    expect(only(found, 'errors.role_pipeline_errors')).toMatchObject({ error_type: 'invalid_key', position: '1' })
  })

  it('R6 quarantines a record of another stream, groups being no other one to admin_groups', () => {
    const wrapped = (stream: string) => `{"stream":"${stream}","data":${a}}\n`
    const found = warehouse({ 'tran/roles/1.jsonl': `${b}\n${wrapped('groups')}`, 'tran/admin_groups/1.jsonl': wrapped('groups') })
    expect(only(found, 'errors.role_pipeline_errors')).toMatchObject({
      role_id: null,
      severity: 'error',
      error_type: 'invalid_value',
      field: 'stream',
      raw_record: a,
      position: '1',
    })
    expect(only(found, 'core.groups').group_id).toBe('1')
  })

  it.each([
    ['7', 'not_an_object', null, null],
    ['{"error":"x"}', 'missing_key', null, 'id'],
    ['{"id":5}', 'missing_value', '5', 'name'],
    ['{"id":null}', 'missing_key', null, 'id'],
    ['{"name":"A","description":"x"}', 'missing_key', null, 'id'],
  ])('R6 quarantines the foreign record %s by what it lacks', (record, error_type, role_id, field) => {
    const found = warehouse({ 'tran/roles/1.json': `[${a},${record}]` })
    expect(pick(found, 'errors.role_pipeline_errors', 'error_type', 'role_id', 'field')).toContainEqual([error_type, role_id, field])
    expect(only(found, 'ops.file_accounting')).toMatchObject({ staged: '1', quarantined: '1' })
  })

  it('R6 says missing_value of a foreign record that lacks nothing', () => {
    const found = warehouse({ 'tran/agent_details/1.json': [{ id: 1, type: 'x' }, { id: 2 }] })
    expect(pick(found, 'errors.agent_pipeline_errors', 'error_type', 'agent_id', 'field')).toEqual([['missing_value', '2', null]])
  })

  it.each([
    ['a cut file', '.json', `[${a},{"id"`],
    ['a cut last line', '.ndjson', `${a}\n{"id"`],
    ['an error body', '.json', '{"description":"Access denied","errors":[]}'],
    ['an error body that is a list', '.json', '[{"code":"BDC_1144","message":"x"},{"message":"y"}]'],
    ['a login that is required', '.json', '{"require_login":true}'],
    ['a scalar', '.json', '5'],
    ['null', '.json', 'null'],
    ['an empty object', '.json', '{}'],
    ['keys without anything known', '.json', '[{"id":1},{"id":2,"x":1}]'],
    ['two fields without a key', '.json', '[{"name":"A","description":"x","created_at":null}]'],
    ['records of another stream', '.jsonl', `{"stream":"x","data":${a}}\n`],
    ['broken lines only', '.jsonl', '{"id":1,\n{"id":2,\n'],
    ['HTML', '.json', ' <html></html>'],
    ['a NUL byte', '.json', '[{"id":1}\0]'],
  ])('R6 refuses %s whole', (_, ending, content) => {
    const path = `tran/roles/1${ending}`
    const found = warehouse({ [path]: content })
    expect(only(found, 'ops.file_accounting')).toMatchObject({ path, records: '0' })
    expect(found['errors.role_pipeline_errors']).toEqual([
      {
        role_id: null,
        severity: 'error',
        error_type: 'refused_file',
        field: null,
        raw_record: null,
        raw_text: content.replace('\0', '\ufffd'),
        source: 'tran',
        file: path,
        position: null,
      },
    ])
  })

  it('R6 takes a record with three known fields and no key, or an unreadable one, for a bad record', () => {
    for (const record of ['{"name":"A","description":"x","agent_type":1}', '{"id":null,"name":7}', '{"id":"x","name":"A"}'])
      expect(errorTypes(warehouse({ 'tran/roles/1.json': `[${record}]` }), 'role')).not.toContain('refused_file')
  })

  it('R6 refuses a gzip that ends early and invalid UTF-8, and keeps what can be read', () => {
    const text = `[${a}${' '.repeat(70_000)}]`
    const files = { 'tran/roles/1.json.gz': text, 'tran/roles/2.json': '[]', 'tran/roles/3.json': text.slice(1) }
    const found = warehouse(files, { 'tran/roles/1.json.gz': 'gzip', 'tran/roles/2.json': 'utf8' })
    const rows = pick(found, 'errors.role_pipeline_errors', 'error_type', 'file', 'raw_text')
    expect(rows.map(([error_type]) => error_type)).toEqual(['refused_file', 'refused_file', 'refused_file'])
    const [zipped, damaged, long] = rows.map(([, , raw_text]) => raw_text)
    expect(zipped?.startsWith(`[${a}`)).toBe(true)
    expect(damaged).toBe('[]\ufffd\ufffd')
    expect(long).toHaveLength(65_536)
  })

  it('R7 accounts for each record of a file', () => {
    const found = warehouse({ 'sync-day1/roles/1.json': [role(), role(), role({ name: 'B' }), role({ id: 2 }), { id: 3 }, 'x'] })
    expect(only(found, 'ops.file_accounting')).toEqual({
      path: 'sync-day1/roles/1.json',
      records: '6',
      staged: '2',
      quarantined: '2',
      duplicates: '2',
    })
  })
})
