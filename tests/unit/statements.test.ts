import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { controlsTransaction, statementsOf } from '../../run/database/split-statements.ts'

const texts = (sql: string) => statementsOf(sql).map(({ text }) => text)

describe('statementsOf', () => {
  it('cuts at semicolons that are SQL', () => {
    expect(texts('select \';\' as a; -- ; \n select $x$ ; $x$, ";" /* ; /* ; */ ; */;;')).toEqual([
      "select ';' as a",
      '-- ; \n select $x$ ; $x$, ";" /* ; /* ; */ ; */',
    ])
    expect(texts("select E'\\';' ; select 1")).toEqual(["select E'\\';'", 'select 1'])
    expect(texts(' ; -- nothing\n')).toEqual([])
  })

  it('says where each begins, after its comments', () => {
    const sql = 'select 1;\n-- then\n  commit'
    expect(statementsOf(sql).map(({ offset, verb }) => [sql.slice(offset), verb])).toEqual([
      [sql, 'select'],
      ['commit', 'commit'],
    ])
  })

  it('loses nothing but semicolons and blanks (property)', () => {
    const piece = fc.constantFrom("'a;b'", '"c;"', '/* ; */', '$$ ; $$', 'select', '1', '--;\n')
    fc.assert(
      fc.property(fc.array(fc.array(piece, { minLength: 1 }).map(list => `x ${list.join(' ')}`)), list => {
        expect(texts(list.join(' ;\n'))).toEqual(list.map(text => text.trim()))
      }),
    )
  })
})

describe('controlsTransaction', () => {
  it.each(['COMMIT', 'rollback to a', '/* x */ begin', 'start  transaction', 'end', 'savepoint a', 'release a', 'abort'])('%s does', sql =>
    expect(statementsOf(sql).every(controlsTransaction)).toBe(true),
  )
  it.each(["select 'commit'", 'create table commits ()', 'with commit as (select 1) select 1', 'set constraints all immediate'])(
    '%s does not',
    sql => expect(statementsOf(sql).some(controlsTransaction)).toBe(false),
  )
})
