import fc from 'fast-check'
import { expect, it } from 'vitest'
import { meaningOf } from '../../run/graph/meaning.ts'

it.each([
  ['a comment at the end of a line', 'select 1 -- one\nfrom t', 'select 1\nfrom t'],
  ['a line of its own', 'select 1\n-- one\nfrom t', 'select 1\nfrom t'],
  ['at the start and the end', '-- one\nselect 1\n/* two */', 'select 1'],
  ['of Jinja', '{# One row per thing. #}\n\nselect 1', 'select 1'],
  ['of Jinja, between what is one word', 'select a{# one #}b', 'select ab'],
  ['within one', 'select /* a /* b */ c */ 1', 'select\n1'],
  ['with a quote in it', "select 1 -- it's one\n", 'select 1'],
])('leaves out a comment: %s', (_, text, meaning) => expect(meaningOf(text)).toBe(meaning))

it.each([
  ['in a text', "select '-- no comment', '{# none #}'"],
  ['in an escaped text', "select E'\\'-- no comment'"],
  ['in a name', 'select 1 as "-- no comment"'],
  ['in dollar quotes', 'select $x$ -- no comment $x$'],
  ['in a tag', "{{ config(post_hook='-- no comment') }}\nselect 1"],
  ['in a text with a tag in it', "select '{{ \"it's\" }} -- no comment'"],
  ['in raw', '{% raw %}{# none #} -- none{% endraw %}'],
  ['with Jinja in it, which is carried out', "-- depends_on: {{ ref('a') }}\nselect 1"],
  ['that is a hint', '/*+ SeqScan(t) */ select 1'],
  ['where a quote is never closed', "it's -- no comment"],
])('leaves what is none, or acts: %s', (_, text) => expect(meaningOf(text)).toBe(text))

it('keeps whether a comment strips the white space beside it', () => {
  expect(meaningOf('a {#- one -#} b')).not.toBe(meaningOf('a {# one #} b'))
  expect(meaningOf('a {#- one -#} b')).toBe(meaningOf('a {#- two -#} b'))
})

// Pieces of a template; a comment may be inserted between any two of them.
const piece = fc.constantFrom("'it''s -- x'", '"a"', 'select', ',', '{{ x }}', "{% if 'a' %}", '$$ -- $$', "E'\\''", '1', '-', '/', '*')
const comment = fc.constantFrom('-- one\n', "-- it's\n", '/* {two} */', '{# three #}', '{# "four #}', '/* /* five */ */')

it('is that of the text without its comments, wherever they stand', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, fc.option(comment))), parts => {
      const plain = parts.map(([text]) => text).join('\n')
      const commented = parts.map(([text, after]) => (after === null ? text : `${text} ${after}`)).join('\n')
      expect(meaningOf(commented)).toBe(meaningOf(plain))
      expect(meaningOf(meaningOf(commented))).toBe(meaningOf(commented))
    }),
  )
})

it('of texts without comments is what they are', () => {
  fc.assert(
    fc.property(fc.array(piece), parts => {
      const plain = parts.join(' ')
      expect(meaningOf(plain)).toBe(plain.trimEnd())
    }),
  )
})
