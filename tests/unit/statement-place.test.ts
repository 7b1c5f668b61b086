import { expect, it } from 'vitest'
import { statementPlace } from '../../run/database/migration-place.ts'

const script = `-- first; a "comment"
create table a (id int);
/* a block;
   of two lines */
create table b ( -- trailing, 'quote
  id int,
  other intt
);
`

it('finds the line and column in the file, past what the package dropped', () => {
  const sent = ['\ncreate table a (id int)', '\n\ncreate table b ( \n  id int,\n  other intt\n)']
  const position = sent[1]!.indexOf('intt') + 1
  expect(statementPlace(script, sent, position)).toEqual({ line: 7, column: 9 })
})

it('points at the start of the statement where PostgreSQL says no position', () => {
  expect(statementPlace(script, ['\ncreate table a (id int)'])).toEqual({ line: 2, column: 1 })
})

it('counts characters as PostgreSQL does, an emoji as one', () => {
  const text = "select '🙂', nothing;"
  expect(statementPlace(text, ["select '🙂', nothing"], 13)).toEqual({ line: 1, column: 14 })
})

it('knows nothing of a statement that is not in the file', () => {
  expect(statementPlace(script, ['drop table a'], 3)).toBeUndefined()
})
