import { describe, expect, it } from 'vitest'
import { ProjectError } from '../../run/base/errors.ts'
import {
  bindMacro,
  callMacro,
  definitionText,
  fromJs,
  macroOf,
  parseTemplate,
  render,
  renderValue,
  type Value,
} from '../../run/jinja/template.ts'

function text(source: string, names: Record<string, Value> = {}): string {
  return render(parseTemplate(source, 'models/m.sql'), new Map(Object.entries(names))).text
}

function project(macros: string): Map<string, Value> {
  const scope = new Map<string, Value>()
  for (const definition of parseTemplate(macros, 'macros/m.sql').definitions) scope.set(definition.name, bindMacro(definition, scope))
  return scope
}

describe('return()', () => {
  const scope = project(`
{% macro list() %} text {{ return([1, 2]) }} more {% endmacro %}
{% macro with_do(x) %}{% if x %}{% do return({'a': x}) %}{% endif %}nothing{% endmacro %}
{% macro inside_loop() %}{% for x in range(9) %}{% if x == 3 %}{{ return(x) }}{% endif %}{% endfor %}{% endmacro %}
{% macro passed_on() %}{{ return(list()) }}{% endmacro %}
{% macro nothing() %}{% do return() %}{% endmacro %}
{% macro early(x) %}{% if x %}{{ return('early') }}{% endif %}late{% endmacro %}
{% macro wrapped() %}{% set body = caller() %}{{ return(body | upper) }}{% endmacro %}`)

  it.each([
    ['{{ list()[1] }}', '2'],
    ['{{ list() }}', '[1, 2]'],
    ['{% for x in list() %}<{{ x }}>{% endfor %}', '<1><2>'],
    ['{{ with_do(5).a }} {{ with_do(0) }}', '5 nothing'],
    ['{{ inside_loop() + 1 }}', '4'],
    ['{{ passed_on() | length }}', '2'],
    ['{{ nothing() is none }}', 'True'],
    ['{{ early(1) }} {{ early(0) }}', 'early late'],
    ['{% call wrapped() %}body{% endcall %}', 'BODY'],
  ])('%s', (source, expected) => {
    expect(render(parseTemplate(source, 'm.sql'), scope).text).toBe(expected)
  })

  it('is refused outside of a macro', () => {
    expect(() => text('{{ return(1) }}')).toThrow('return() is outside of a macro')
  })
})

describe('definitions', () => {
  const source = `{% set unit = 'EUR' %}
{% macro price(column, scale=2) %}{{ column }} {{ unit }}{% endmacro %}
{%- test positive(model, column_name) -%} select * from {{ model }} {% endtest %}
{% materialization mirror, adapter='postgres' %}m{% endmaterialization %}
{% materialization table, default %}t{% endmaterialization %}
{% snapshot history %}select 1{% endsnapshot %}
{% docs agents %}About *agents*.{% enddocs %}`
  const template = parseTemplate(source, 'macros/all.sql')

  it('are collected with kind, name, parameters and place', () => {
    expect(template.definitions.map(({ kind, name, adapter, place }) => [kind, name, adapter, place.line])).toEqual([
      ['macro', 'price', undefined, 2],
      ['test', 'positive', undefined, 3],
      ['materialization', 'mirror', 'postgres', 4],
      ['materialization', 'table', 'default', 5],
      ['snapshot', 'history', undefined, 6],
      ['docs', 'agents', undefined, 7],
    ])
    expect(template.definitions[0]?.parameters.map(({ name, default: fallback }) => [name, fallback !== undefined])).toEqual([
      ['column', false],
      ['scale', true],
    ])
  })

  it('keep their text', () => {
    const [, test, , , , docs] = template.definitions
    expect(test && definitionText(test)).toBe('{%- test positive(model, column_name) -%} select * from {{ model }} {% endtest %}')
    expect(docs && source.slice(docs.bodyAt, docs.bodyEnd)).toBe('About *agents*.')
  })

  it('print nothing where they stand, and all can be called', () => {
    expect(render(template, new Map()).text.trim()).toBe('')
    const args: Record<string, Value[]> = { price: ['a'], positive: ['t', 'c'] }
    const called = template.definitions.map(definition => String(callMacro(definition, new Map(), args[definition.name])).trim())
    expect(called).toEqual(['a EUR', 'select * from t', 'm', 't', 'select 1', 'About *agents*.'])
  })

  it('see the variables that their file sets at its top, set once', () => {
    const scope = new Map<string, Value>()
    let calls = 0
    scope.set('count', () => ++calls)
    const [definition] = parseTemplate('{% set n = count() %}{% macro m() %}{{ n }}{% endmacro %}', 'm.sql').definitions
    const m = definition && bindMacro(definition, scope)
    expect([m?.([], {}, { file: '' }), m?.([], {}, { file: '' })]).toEqual(['1', '1'])
  })

  it('are known by the function that was made of them', () => {
    const scope = project('{% macro m() %}{% endmacro %}')
    expect(macroOf(scope.get('m') as Value)?.definition.name).toBe('m')
    expect(macroOf(() => null)).toBeUndefined()
  })
})

describe('functions and objects from outside', () => {
  it('get arguments, named arguments and the place of the call', () => {
    const calls: unknown[] = []
    text('select\n  {{ log(1, *[2], b=[3], **{"c": none}) }}', { log: (...call) => String(calls.push(call)) })
    expect(calls).toEqual([[[1, 2], { b: [3], c: null }, { file: 'models/m.sql', line: 2, column: 6 }]])
  })

  it('give their attributes by get, and print as they like', () => {
    const relation = { get: (name: string) => ({ schema: 'core', render: () => 'drawn' })[name], toString: () => '"core"."agents"' }
    expect(
      text('{{ this }} {{ this.schema }} {{ this["schema"] }} {{ this.render() }} {{ this.x is defined }} {{ [this] }}', {
        this: relation,
      }),
    ).toBe('"core"."agents" core core drawn False ["core"."agents"]')
  })

  it('may be functions that have attributes', () => {
    const config = Object.assign(() => '', { get: (name: string) => (name === 'get' ? () => 'table' : undefined) })
    expect(text("{{ config(x=1) }}{{ config.get('materialized') }}", { config })).toBe('table')
  })

  it('get the body of a call block as caller', () => {
    const statement = (_: Value[], kwargs: Readonly<Record<string, Value>>) => {
      const caller = kwargs.caller as (args: Value[], kwargs: object, site: { file: string }) => Value
      return `<${caller([], {}, { file: '' })}>`
    }
    expect(text('{% call statement("main") %}select {{ 1 }}{% endcall %}', { statement })).toBe('<select 1>')
  })

  it('may throw what they like', () => {
    const signal = { kind: 'needs database' }
    const ask = () => {
      throw signal
    }
    const scope = project('{% macro m() %}{{ ask() }}{% endmacro %}')
    scope.set('ask', ask)
    let thrown: unknown
    try {
      render(parseTemplate('{% for x in [1] %}{{ m() }}{% endfor %}', 'm.sql'), scope)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBe(signal)
  })

  it('whose ProjectError has no place get the place of the call', () => {
    const ref = () => {
      throw new ProjectError("there is no model 'x'", { hint: 'Write it.' })
    }
    expect(() => text('select * from {{ ref("x") }}', { ref })).toThrow(
      expect.objectContaining({ place: { file: 'models/m.sql', line: 1, column: 18 }, hint: 'Write it.' }),
    )
  })
})

describe('renderValue', () => {
  it.each([
    ['{{ 1 + 1 }}', 2],
    ['{{ [1, "a"] }}', [1, 'a']],
    ['{{ flag | as_bool }}', true],
    ["{{ '42' | as_number }}", 42],
    ["{{ 'None' | as_native }}", null],
    ['{{ 1 | as_text }}', '1'],
    ['x{{ 1 }}', 'x1'],
    ['{{ 1 }}{{ 2 }}', '12'],
    ['', ''],
  ])('of %s is %j', (source, expected) => {
    expect(renderValue(parseTemplate(source, 'p.yml'), new Map([['flag', fromJs('true')]]))).toEqual(expected)
  })
})
