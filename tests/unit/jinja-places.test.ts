import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindMacro, evaluate, parseTemplate, type Rendered, render, type Value } from '../../run/jinja/template.ts'

const macros = parseTemplate(
  `{% macro inner(x) -%}
  inner {{ x }} text
{%- endmacro %}
{% macro outer() %}
begin
  {{ inner('v') }}
end {{ caller() }}
{% endmacro %}
{% macro plain() %}

  plain text
{% endmacro %}
{% macro given() %}{{ return(inner('r')) }}{% endmacro %}
{% macro computed() %}{{ return('com' ~ 'puted') }}{% endmacro %}
`,
  'macros/m.sql',
)
const scope = new Map<string, Value>()
for (const definition of macros.definitions) scope.set(definition.name, bindMacro(definition, scope))

function at(rendered: Rendered, needle: string): string {
  const offset = rendered.text.indexOf(needle)
  expect(offset, needle).toBeGreaterThanOrEqual(0)
  const { file, line, column } = rendered.placeAt(offset)
  return `${file}:${line}:${column}`
}

function rendered(source: string): Rendered {
  return render(parseTemplate(source, 'models/a.sql'), scope)
}

describe('placeAt', () => {
  it('finds text, expressions and lines after them', () => {
    const result = rendered("select a,\n  {{ 'b' ~ 'c' }} as bc\n{%- if true %}\n  from t\n{%- endif %}\nlimit 1")
    expect(at(result, 'a,')).toBe('models/a.sql:1:8')
    expect(at(result, 'bc')).toBe('models/a.sql:2:6')
    expect(at(result, 'as bc')).toBe('models/a.sql:2:19')
    expect(at(result, 'from t')).toBe('models/a.sql:4:3')
    expect(at(result, 'limit')).toBe('models/a.sql:6:1')
  })

  it('finds text inside macros and call blocks, and where they were called', () => {
    const result = rendered("x\n{% call outer() %}\n  body {{ inner('w') }}\n{% endcall %}")
    expect(at(result, 'begin')).toBe('macros/m.sql:5:1')
    expect(at(result, 'inner v')).toBe('macros/m.sql:2:3')
    expect(at(result, 'end')).toBe('macros/m.sql:7:1')
    expect(at(result, 'body')).toBe('models/a.sql:3:3')
    expect(at(result, 'inner w')).toBe('macros/m.sql:2:3')
    expect(at(result, 'w text')).toBe('macros/m.sql:2:12')
    expect(result.callersAt(result.text.indexOf('inner v')).map(({ file, line }) => `${file}:${line}`)).toEqual([
      'macros/m.sql:6',
      'models/a.sql:2',
    ])
    expect(result.callersAt(0)).toEqual([])
  })

  it('holds through trim, concatenation, inline if and return()', () => {
    expect(at(rendered('a {{ plain() | trim }}'), 'text')).toBe('macros/m.sql:11:9')
    expect(at(rendered('a {{ plain().strip() }}'), 'text')).toBe('models/a.sql:1:6')
    expect(at(rendered("{{ 'x: ' ~ plain() }}"), 'plain')).toBe('macros/m.sql:11:3')
    expect(at(rendered("{{ plain() if true else '' }}"), 'plain')).toBe('macros/m.sql:11:3')
    expect(at(rendered('{{ given() }}'), 'inner')).toBe('macros/m.sql:2:3')
    expect(at(rendered('{{ computed() }}'), 'computed')).toBe('macros/m.sql:14:33')
  })

  it('trims the ends of a nested macro only where they are the ends', () => {
    const source = '{% macro x() %} x {% endmacro %}{% macro y() %} {{ x() }} y {{ x() }} {% endmacro %}[{{ y() | trim }}]'
    const result = rendered(source)
    expect(result.text).toBe('[x  y  x]')
    expect(result.placeAt(1)).toEqual({ file: 'models/a.sql', line: 1, column: 17 })
    expect(result.placeAt(4)).toEqual({ file: 'models/a.sql', line: 1, column: 59 })
  })

  it('gives an end for the end, and the start of an empty text', () => {
    const result = rendered('ab\ncd')
    expect(result.placeAt(5)).toEqual({ file: 'models/a.sql', line: 2, column: 3 })
    expect(rendered('').placeAt(0)).toEqual({ file: 'models/a.sql', line: 1, column: 1 })
  })

  it('counts from where the text starts in its file', () => {
    const template = parseTemplate('a {{ b }}\nc', 'models/_core.yml', 7, 20)
    const result = render(template, new Map([['b', 'B']]))
    expect(at(result, 'a')).toBe('models/_core.yml:7:20')
    expect(at(result, 'B')).toBe('models/_core.yml:7:25')
    expect(at(result, 'c')).toBe('models/_core.yml:8:1')
    expect(() => evaluate('1 + x', 'p.yml', 3, 9, new Map())).toThrow(
      expect.objectContaining({ place: { file: 'p.yml', line: 3, column: 13 } }),
    )
  })

  it('leads every character of template text back to itself', () => {
    const piece = fc.constantFrom(
      'select ',
      'é😀',
      '\n',
      '\r\n',
      '  ',
      '{{ 1 }}',
      '{{- name -}}',
      '{# c #}',
      '{#- c -#}',
      '{% set x = 1 %}',
      "{% raw %}{{'{% endraw %}",
      '{%- if true %}',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
        const source =
          pieces.join('') +
          pieces
            .filter(part => part.includes('if'))
            .map(() => '{% endif -%}')
            .join('')
        const lines = source.split(/\r\n|\n/)
        const result = render(parseTemplate(source, 'm.sql'), new Map([['name', 'N']]))
        for (const [offset, character] of Array.from(result.text.split('').entries())) {
          const { line = 0, column = 0 } = result.placeAt(offset)
          const original = lines[line - 1]?.[column - 1] ?? '\n'
          if (original !== character) expect(['1', 'N', 'n'].includes(original) || character === '1' || character === 'N').toBe(true)
        }
      }),
    )
  })
})
