import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import { bindMacro, fromJs, parseTemplate, render, type Value } from '../../run/jinja/template.ts'

/** The error of a template as `line:column message | hint`. */
function problem(source: string, names: Record<string, Value> = {}): string {
  try {
    return `no error: ${render(parseTemplate(source, 'm.sql'), new Map(Object.entries(names))).text}`
  } catch (error) {
    if (!(error instanceof ProjectError)) throw error
    const { place, message, hint } = error
    return `${place?.line}:${place?.column} ${message}${hint ? ` | ${hint}` : ''}`
  }
}

describe('syntax', () => {
  it.each([
    ['select {{ 1', "1:8 '{{' is never closed | Close it with '}}'."],
    ['a\n {% if x', "2:2 '{%' is never closed | Close it with '%}'."],
    ['{{ f(1 }}', "1:8 unexpected '}': '(' of line 1, column 5 must be closed with ')' first"],
    ['{{ [1, 2 ', "1:4 '[' is never closed | Close it with ']'."],
    ['{{ 1) }}', "1:5 unexpected ')' | The expression ends with '}}'."],
    ["{{ 'abc }}", "1:4 the text that starts here is never closed | Close it with '."],
    ['{# x', "1:1 the comment '{#' is never closed | Close it with '#}'."],
    ['{% raw %} x', "1:1 '{% raw %}' is never closed | Close it with '{% endraw %}'."],
    ['{{ a ? b }}', "1:6 unexpected character '?' in an expression"],
    ['{{ }}', "1:4 expected an expression, found '}}'"],
    ['{{ 1 + }}', "1:8 expected an expression, found '}}'"],
    ['{{ a b }}', "1:6 expected '}}', found 'b'"],
    ["{{ ref('a' 'b' c) }}", "1:16 expected ',' or ')' among the arguments, found 'c' | Perhaps a ',' is missing in '('a' 'b''."],
    [
      '{{ f(a=1, 2) }}',
      '1:11 a positional value is not allowed here among the arguments | The order is: values, name=value, *list, **dict.',
    ],
    ['{% if x %}\n a', "1:1 '{% if %}' is never closed | Close it with '{% endif %}'."],
    [
      '{% for x in y %}\n{% if x %}\n{% endfor %}',
      "3:1 '{% endfor %}' while '{% if %}' of line 2, column 1 is open | Close it with '{% endif %}' first.",
    ],
    ['a {% endif %}', "1:6 '{% endif %}' has no opening tag"],
    ['{% esle %}', "1:4 there is no tag 'esle' | Did you mean 'else'?"],
    ['{% include "x.sql" %}', "1:4 '{% include %}' is not supported | Call a macro instead."],
    ["{% from 'x' import y %}", "1:4 '{% from %}' is not supported | Remove it: every macro of the project is available by its name."],
    ['{% extends "x" %}', "1:4 '{% extends %}' is not supported | Call a macro, or use {% call %} to give it a body."],
    ['{% block x %}{% endblock %}', "1:4 '{% block %}' is not supported | Use a macro, or {% call %} to give one a body."],
    ['{{ x | uper }}', "1:8 there is no filter 'uper' | Did you mean 'upper'?"],
    ['{{ x is definde }}', "1:9 there is no test 'definde' | Did you mean 'defined'?"],
    ['{% macro m(a, a) %}{% endmacro %}', "1:15 the parameter 'a' is named twice"],
    ['{% macro m(a=1, b) %}{% endmacro %}', "1:17 the parameter 'b' needs a default, as the one before it has one"],
    ['{% set true = 1 %}', "1:8 'true' cannot be assigned to"],
    ['{% for x in y recursive %}{% endfor %}', "1:15 'recursive' loops are not supported | Use a macro that calls itself."],
  ])('%j', (source, expected) => {
    expect(problem(source)).toBe(expected)
  })
})

describe('undefined', () => {
  const names = {
    agent_id: 1,
    row: fromJs({ name: 'Ann', tags: ['x'] }),
    target: { get: (name: string) => (name === 'schema' ? 'core' : undefined), keys: () => ['schema', 'name'] },
  }

  it.each([
    ['{{ agnt_id.x }}', "1:4 'agnt_id' is undefined | Did you mean 'agent_id'?"],
    ['{{ zzz.a }}', "1:4 'zzz' is undefined"],
    ['{{ zzz() }}', "1:4 there is no macro or function 'zzz'"],
    ['{{ 1 + zzz }}', "1:8 'zzz' is undefined"],
    ['{{ zzz < 1 }}', "1:4 'zzz' is undefined"],
    ['{% set x = zzz %}\n{{ x.y }}', "1:12 'zzz' is undefined"],
    ['{{ row.nmae.x }}', "1:8 'row' has no key 'nmae' | Did you mean 'name'?"],
    ["{{ row['tag'] + 1 }}", "1:8 'row' has no key 'tag' | Did you mean 'tags'?"],
    ['{{ row.tags[1].x }}', "1:13 'row.tags' has no item 1: it has 1"],
    ['{{ target.shcema() }}', "1:11 'target' has no attribute 'shcema' | Did you mean 'schema'?"],
    ['{{ row.name.uper() }}', "1:13 'row.name' (str 'Ann') has no attribute 'uper' | Did you mean 'upper'?"],
    ['{{ agent_id.x.y }}', "1:13 'agent_id' (int 1) has no attribute 'x'"],
    ['{{ zzz }}{{ row.nmae }}{{ agent_id.x }}{% for x in zzz %}{% endfor %}', 'no error: '],
    ['{{ zzz is defined }}{{ zzz | default(1) }}{{ zzz or 2 }}{{ 3 if zzz }}{{ zzz == 1 }}{{ not zzz }}', 'no error: False12FalseTrue'],
  ])('%j', (source, expected) => {
    expect(problem(source, names)).toBe(expected)
  })

  it('tells of a name that nobody defines where it is printed alone', () => {
    const told: string[] = []
    const tell = ({ message, place, hint }: ProjectError) => void told.push(`${place?.line}:${place?.column} ${message} | ${hint}`)
    const source = 'select {{ agnt_id }}{{ agent_id.x }}{{ zzz | upper }}{% if false %}{% set later = 1 %}{% endif %}{{ later }}'
    render(parseTemplate(source, 'm.sql'), { get: name => ({ agent_id: 1 })[name], keys: () => ['agent_id'], tell })
    expect(told).toEqual(["1:11 'agnt_id' is undefined | Did you mean 'agent_id'?"])
  })
})

describe('values', () => {
  it.each([
    ["{{ 1 + 'a' }}", "1:4 '+' does not take int 1 and str 'a' | Join texts with the operator '~'."],
    ['{{ 1 / 0 }}', '1:4 division by zero'],
    ['{{ 1 % 0 }}', '1:4 division by zero'],
    ["{{ 1 < 'a' }}", "1:4 cannot order int 1 and str 'a' by '<'"],
    ['{{ 5 | join }}', '1:4 int 5 is not a list: it cannot be iterated'],
    ["{{ 'a'() }}", "1:4 ''a'' is str 'a': it cannot be called"],
    ["{{ 'a'.split(1, 2, 3) }}", '1:4 split(self, sep=None, maxsplit=-1) takes at most 3 values, but 4 are given'],
    ["{{ 'a'.split(by=',') }}", "1:4 split(self, sep=None, maxsplit=-1) takes no argument 'by'"],
    ["{{ 'a' | replace('b') }}", "1:4 replace(s, old, new, count=None) needs a value for 'new'"],
    ['{% set a, b = [1] %}', '1:8 list of 1 cannot be unpacked into 2 names'],
    [
      '{% set d = {} %}{% set d.x = 1 %}',
      "1:24 cannot set 'x' of 'd': only a namespace() can be changed so | {% set d = namespace(x=…) %}",
    ],
    ['{{ {[1]: 2} }}', '1:4 a list cannot be the key of a dict'],
    ["{{ '%d' % 'x' }}", "1:4 %d needs a number, not str 'x'"],
    ["{{ '{:d}'.format('x') }}", "1:4 format 'd' does not take str 'x'"],
    ['{{ range(1, 2, 0) }}', '1:4 the step of range() cannot be 0'],
    ['{{ 10 ** 99999 }}', '1:4 10 ** 99999 is too large'],
  ])('%j', (source, expected) => {
    expect(problem(source)).toBe(expected)
  })
})

describe('macros', () => {
  const macros = parseTemplate(
    '{% macro cents(column, scale=2) %}{{ column ~ 0 }}{{ scle.x }}{% endmacro %}\n{% macro outer(x) %}\n  {{ cents(x) }}{% endmacro %}\n{% macro endless() %}{{ endless() }}{% endmacro %}\n{% macro needs(a) %}{{ a }}{% endmacro %}\n{% macro sum(a) %}{{ a + 1 }}{% endmacro %}',
    'macros/money.sql',
  )
  const scope = new Map<string, Value>()
  for (const definition of macros.definitions) scope.set(definition.name, bindMacro(definition, scope))

  function failure(source: string): ProjectError {
    try {
      render(parseTemplate(source, 'models/m.sql'), scope)
    } catch (error) {
      if (error instanceof ProjectError) return error
    }
    throw new Error('no error')
  }

  it('carry the calls that led to a mistake in them, innermost first', () => {
    const error = failure("select 1,\n  {{ outer('a') }}")
    expect(error.message).toBe("'scle' is undefined")
    expect(error.hint).toBe("Did you mean 'scale'?")
    expect(error.place).toEqual({ file: 'macros/money.sql', line: 1, column: 54 })
    expect(error.callers).toEqual([
      { file: 'macros/money.sql', line: 3, column: 6, macro: 'cents' },
      { file: 'models/m.sql', line: 2, column: 6, macro: 'outer' },
    ])
  })

  it.each([
    ['{{ sum() }}', "the parameter 'a' of macro 'sum' is not given", 'The macro is sum(a) at macros/money.sql:6:1.'],
    [
      "{{ cents('a', 1, 2) }}",
      "macro 'cents' takes 2 arguments, but 3 are given",
      "Given: ('a', 1, 2). The macro is cents(column, scale=2) at macros/money.sql:1:1.",
    ],
    [
      "{{ cents('a', scal=1) }}",
      "macro 'cents' has no parameter 'scal'",
      "Given: ('a', scal=1). The macro is cents(column, scale=2) at macros/money.sql:1:1.",
    ],
    [
      "{{ cents('a', column='b') }}",
      "macro 'cents' gets 'column' twice",
      "Given: ('a', column='b'). The macro is cents(column, scale=2) at macros/money.sql:1:1.",
    ],
    [
      '{% call needs(1) %}{% endcall %}',
      "macro 'needs' takes no body: it does not use caller()",
      'Given: (1, caller=<function caller>). The macro is needs(a) at macros/money.sql:5:1.',
    ],
  ])('%s', (source, message, hint) => {
    const error = failure(source)
    expect([error.message, error.hint]).toEqual([message, hint])
  })

  it('that call themselves without end are stopped', () => {
    expect(failure('{{ endless() }}').message).toMatch(/^macro 'endless' calls itself without end/)
  })
})
